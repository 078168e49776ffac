export * from './limits';
export const STATES = ['todo', 'doing', 'done'] as const;
export namespace Defaults {
  export const state = STATES[0];
  export const priority = 3;
}
export type Priority = 1 | 2 | 3;
export interface Comment { author: string; replies: Comment[]; at?: Date }
