// Roles, policies, row level security, domains as custom types, schemas of their own, and a table in each.
import { sql } from 'drizzle-orm';
import { bigint, boolean, customType, integer, pgMaterializedView, pgPolicy, pgRole, pgSchema, pgTable, pgView, text, timestamp, unique, uuid, varchar, numeric } from 'drizzle-orm/pg-core';
import { authenticatedRole, authUid, authUsers } from 'drizzle-orm/supabase';

export const auditor = pgRole('auditor', { createRole: false });
const citext = customType<{ data: string }>({ dataType: () => 'citext' });
const bytea = customType<{ data: Buffer; notNull: false; default: false }>({ dataType: () => 'bytea' });
const money = (scale: number) => customType<{ data: string }>({ dataType: () => `numeric(20, ${scale})` });
const cents = money(2);
const schemas = { core: pgSchema('core'), audit: pgSchema('audit') };
export const core = schemas.core;
export const { audit } = schemas;
export const currency = schemas.core.enum('currency', ['EUR', 'CHF', 'USD']);

export const profiles = pgTable('profiles', {
  id: uuid('id').primaryKey().references(() => authUsers.id, { onDelete: 'cascade' }),
  handle: citext('handle').notNull().unique(),
  avatar: bytea('avatar'),
}, (t) => [
  pgPolicy('own profile', { as: 'permissive', for: 'all', to: authenticatedRole, using: sql`${authUid} = ${t.id}` }),
  pgPolicy('auditors read', { for: 'select', to: auditor, using: sql`true` }),
]);
export const accounts = schemas.core.table('accounts', {
  id: integer('id').primaryKey().generatedByDefaultAsIdentity({ name: 'accounts_seq', startWith: 10, minValue: 1 }),
  owner: uuid('owner').notNull().references(() => profiles.id),
  currency: currency('currency').notNull(),
  balance: cents('balance').default('0').notNull(),
  closed: boolean('closed').notNull().default(false),
}, (t) => [unique('one_per_currency').on(t.owner, t.currency)]);
export const entries = audit.table('entries', {
  seq: bigint('seq', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
  accountId: integer('account_id').notNull().references(() => accounts.id),
  delta: numeric('delta', { precision: 20, scale: 2, mode: 'number' }).notNull(),
  at: timestamp('at', { withTimezone: true, precision: 3 }).notNull().default(sql`clock_timestamp()`),
  reason: varchar('reason').default(''),
});
export const balances = core.view('balances', { id: integer('id').notNull(), total: numeric('total') }).as(sql`select account_id as id, sum(delta) as total from audit.entries group by 1`);
export const daily = pgMaterializedView('daily', { day: text('day') }).existing();
export const openAccounts = pgView('open_accounts').as((qb) => qb.select().from(accounts));
