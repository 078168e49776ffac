// Helpers that rename, conditions on arguments, columns chosen by switch, enum values by another enum, spreads of calls.
import { sql, getTableColumns, InferSelectModel } from 'drizzle-orm';
import { type AnyPgColumn, boolean, bigint, index, integer, json, pgEnum, pgTable, serial, text, time, timestamp, uuid, varchar, vector, bit, halfvec, line, macaddr, cidr } from 'drizzle-orm/pg-core';

type Kind = 'short' | 'long' | 'code';
function textColumn(kind: Kind, name: string) {
  switch (kind) {
    case 'short':
      return varchar(name, { length: 80 });
    case 'code': {
      const length = 8;
      return varchar(name, { length, enum: ['a', 'b'] });
    }
    default:
      return text(name);
  }
}
const auditFields = ({ user = true, prefix = '' }: { user?: boolean; prefix?: string } = {}) => ({
  ...(user ? { [`${prefix}createdBy`]: uuid(`${prefix}created_by`) } : {}),
  ...(user && prefix ? { reviewed: boolean('reviewed').default(false) } : null),
});
export const channelKind = pgEnum('channel_kind', ['direct', 'group', 'broadcast']);
const allowed = channelKind.enumValues.filter((kind) => kind !== 'broadcast');
export const inviteKind = pgEnum('invite_kind', [...allowed, 'link']);
const pick = <T,>(value: T, fallback: T) => value ?? fallback;
const snake = (s: string) => s.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`);
const col = (key: string) => text(snake(key));
const entries = [['firstName', true], ['lastName', false]] as const;

export const channels = pgTable('channels', {
  id: serial('id').primaryKey(),
  name: textColumn('short', 'name').notNull(),
  topic: textColumn('long', 'topic'),
  code: textColumn('code', 'code').default('a'),
  kind: channelKind('kind').default(pick(undefined, 'group') as 'group').notNull(),
  parent: integer('parent').references((): AnyPgColumn => channels.id),
  ...auditFields(),
});
export const people = pgTable('people', {
  id: uuid('id').primaryKey().default(sql.raw('uuid_generate_v7()')),
  ...Object.fromEntries(entries.map(([key, required]) => [key, required ? col(key).notNull() : col(key)])),
  displayName: col('displayName'),
  ...auditFields({ prefix: 'x_' }),
});
export const messages = pgTable('messages', {
  id: bigint('id', { mode: 'bigint' }).primaryKey().generatedByDefaultAsIdentity(),
  channelId: integer('channel_id').references(() => channels.id, { onDelete: 'cascade' }).notNull(),
  author: uuid('author').references(() => people.id),
  body: text('body').notNull(),
  at: time('at', { precision: 0 }),
  sent: timestamp('sent', { mode: 'string' }).default(sql`now()`),
  embedding: vector('embedding', { dimensions: 3 * 2 }),
  half: halfvec('half', { dimensions: 2 }),
  mask: bit('mask', { dimensions: 4 }),
  path: line('path', { mode: 'abc' }),
  mac: macaddr('mac'),
  net: cidr('net'),
  reactions: json('reactions').$type<{ emoji: string; by: string[] }[]>(),
  ...auditFields({ user: false }),
}, (t) => [index('messages_channel').on(t.channelId, t.sent.desc()), index('messages_body').using('gin', sql`to_tsvector('simple', ${t.body})`)]);
const { id: _id, ...restOfChannel } = { id: 1, extra: text('extra').notNull(), more: integer('more').array(2) };
export const archive = pgTable('archive', { id: serial('id').primaryKey(), ...restOfChannel });
export const archiveColumns = getTableColumns(archive);
export type Channel = InferSelectModel<typeof channels>;
