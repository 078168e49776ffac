export * from './content';
export * as media from './media';
export { authors } from './people';
export { default as redirects } from './redirects';
