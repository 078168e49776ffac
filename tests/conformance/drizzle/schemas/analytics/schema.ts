// SQLite with every mode, shared builders without names, column bags by functions of functions.
import { sql } from 'drizzle-orm';
import { blob, check, index, integer, numeric, primaryKey, real, sqliteTable, sqliteTableCreator, sqliteView, text, uniqueIndex } from 'drizzle-orm/sqlite-core';

const id = integer().primaryKey({ autoIncrement: true });
const shared = text().unique();
const prefixed = sqliteTableCreator((name) => `analytics_${name.replace(/([A-Z])/g, '_$1').toLowerCase()}`);
const curried = (mode: 'timestamp' | 'timestamp_ms') => (name: string) => integer(name, { mode });
const seconds = curried('timestamp');
const millis = curried('timestamp_ms');
const EVENTS = Object.freeze(['view', 'click'] as const);
const MORE = [...EVENTS, 'scroll'] as const;

export const events = prefixed('pageEvents', {
  id,
  kind: text('kind', { enum: MORE }).notNull(),
  at: millis('at').notNull().default(sql`(unixepoch() * 1000)`),
  day: seconds('day').$defaultFn(() => new Date()),
  value: real('value').default(0.5),
  weight: numeric('weight', { mode: 'number' }),
  payload: text('payload', { mode: 'json' }).$type<{ url: string; props?: Record<string, string> }>(),
  raw: blob('raw', { mode: 'buffer' }),
  big: blob('big', { mode: 'bigint' }),
  json: blob('json', { mode: 'json' }).default([1, 2, 3]),
  bot: integer('bot', { mode: 'boolean' }).notNull().default(false),
  session: shared,
});
export const sessions = sqliteTable('sessions', {
  key: shared,
  visitor: text('visitor', { length: 36 }).notNull(),
  startedAt: text('started_at').default(sql`CURRENT_TIMESTAMP`).notNull(),
  length: integer('length').generatedAlwaysAs(sql`(1 + 1)`, { mode: 'stored' }),
}, (t) => [index('visitor_idx').on(t.visitor), check('visitor_len', sql`length(${t.visitor}) = 36`)]);
export const counters = sqliteTable('counters', { name: text('name').notNull(), day: text('day').notNull(), n: integer('n').notNull().default(1_000) }, (t) => ({
  pk: primaryKey({ columns: [t.name, t.day] }),
  u: uniqueIndex('counters_u').on(t.name),
}));
export const settings = sqliteTable('settings', { key: text('key').primaryKey(), value: text('value', { mode: 'json' }) });
export const recent = sqliteView('recent').as((qb) => qb.select().from(sessions).orderBy(sql`started_at desc`).limit(10));
