export const PLAN_NAMES = ['free', 'team', 'business'] as const;
export type Plan = (typeof PLAN_NAMES)[number];
export const ROLES = { owner: 'owner', admin: 'admin', viewer: 'viewer' } as const satisfies Record<string, string>;
export enum Visibility {
  Public = 'public',
  Private = 'private',
}
export interface Flag {
  name: string;
  on: boolean;
  rollout?: number;
}
export type Settings = { theme: 'light' | 'dark'; flags: Flag[]; limits?: Partial<Record<Plan, number>>; nested?: { deep: Array<string | null> } };
