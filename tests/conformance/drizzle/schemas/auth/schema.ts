// The usual tables of an authentication library, several styles side by side.
import { createId } from '@paralleldrive/cuid2';
import { relations, sql } from 'drizzle-orm';
import { boolean, index, inet, integer, pgTable, primaryKey, text, timestamp, uniqueIndex, uuid, varchar } from 'drizzle-orm/pg-core';
import { nanoid } from 'nanoid';
import type { AdapterAccount } from 'next-auth/adapters';
import { v4 as uuidv4 } from 'uuid';
import { ulid } from 'ulid';

const randomToken = () => crypto.randomUUID();
const ID_LENGTH = 24;
const DAY = 24 * 60 * 60;

export const users = pgTable('user', {
  id: text('id').primaryKey().$defaultFn(() => createId()),
  name: text('name'),
  email: text('email').notNull().unique(),
  emailVerified: timestamp('emailVerified', { mode: 'date' }),
  image: text('image'),
  role: text('role', { enum: ['user', 'admin'] }).default('user').notNull(),
  createdAt: timestamp('created_at').$defaultFn(() => new Date()).notNull(),
});

export const accounts = pgTable(
  'account',
  {
    userId: text('userId').notNull().references(() => users.id, { onDelete: 'cascade' }),
    type: text('type').$type<AdapterAccount['type']>().notNull(),
    provider: text('provider').notNull(),
    providerAccountId: text('providerAccountId').notNull(),
    refresh_token: text('refresh_token'),
    expires_at: integer('expires_at'),
  },
  (account) => ({
    compoundKey: primaryKey({ columns: [account.provider, account.providerAccountId] }),
    userIdx: index('account_user_idx').on(account.userId),
  }),
);

export const sessions = pgTable('session', {
  token: varchar('token', { length: 64 }).primaryKey().$defaultFn(randomToken),
  userId: text('userId').notNull().references(() => users.id, { onDelete: 'cascade', onUpdate: 'cascade' }),
  ip: inet('ip'),
  maxAge: integer('max_age').default(30 * DAY),
  expires: timestamp('expires', { mode: 'date', withTimezone: true }).notNull(),
});

export const verificationTokens = pgTable(
  'verificationToken',
  { identifier: text('identifier').notNull(), token: text('token').notNull(), expires: timestamp('expires', { mode: 'date' }).notNull() },
  (vt) => [primaryKey({ name: 'vt_pk', columns: [vt.identifier, vt.token] })],
);

export const apiKeys = pgTable(
  'api_key',
  {
    id: varchar('id', { length: ID_LENGTH }).$defaultFn(() => nanoid(ID_LENGTH)).primaryKey(),
    legacyId: uuid('legacy_id').$default(() => uuidv4()),
    sortable: varchar('sortable', { length: 26 }).$defaultFn(ulid).notNull(),
    hash: text('hash').notNull(),
    scopes: text('scopes').array().default(['read']).notNull(),
    revoked: boolean('revoked').default(!true).notNull(),
    lastUsed: timestamp('last_used', { precision: 6, withTimezone: true }),
  },
  ({ hash, revoked }) => [uniqueIndex('api_key_hash').on(hash).where(sql`${revoked} = false`)],
);

export const authenticators = pgTable('authenticator', (t) => ({
  credentialID: t.text('credentialID').notNull().unique(),
  counter: t.integer().notNull().default(+0),
  backedUp: t.boolean().notNull(),
  transports: t.text(),
}));

export const usersRelations = relations(users, (r) => ({ accounts: r.many(accounts), sessions: r.many(sessions) }));
export const sessionsRelations = relations(sessions, ({ one }) => {
  const user = one(users, { fields: [sessions.userId], references: [users.id] });
  return { user };
});
export type User = typeof users.$inferSelect;
