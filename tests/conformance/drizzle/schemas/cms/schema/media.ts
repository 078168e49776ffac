import { bigint, integer, jsonb, pgTable, point, serial, text } from 'drizzle-orm/pg-core';
import { articles } from './content';

export const assets = pgTable('assets', {
  id: serial('id').primaryKey(),
  articleId: integer('article_id').references(() => articles.id),
  url: text('url').notNull(),
  bytes: bigint('bytes', { mode: 'bigint' }).default(0n).notNull(),
  focus: point('focus', { mode: 'xy' }),
  exif: jsonb('exif').$type<{ [key: string]: string | number }>(),
  sizes: jsonb('sizes').$type<readonly [width: number, height: number][]>().default([[1, 2]]),
});
