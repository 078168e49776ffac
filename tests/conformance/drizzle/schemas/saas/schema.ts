// Multi-tenant: every table carries the tenant, made by a wrapper with its own extra configuration.
import { relations, sql, type SQL } from 'drizzle-orm';
import * as p from 'drizzle-orm/pg-core';
import type { AnyPgColumn } from 'drizzle-orm/pg-core';
import { id, softDelete, timestamps, withDefaults } from './columns';
import { PLAN_NAMES, ROLES, Visibility, type Settings } from './constants';

const createTable = p.pgTableCreator((name) => `acme_${name}`);

export const planEnum = p.pgEnum('plan', PLAN_NAMES);
export const roleEnum = p.pgEnum('member_role', Object.values(ROLES) as [string, ...string[]]);
export const visibilityEnum = p.pgEnum('visibility', Visibility);

export const tenants = createTable(
  'tenant',
  {
    ...id,
    slug: p.varchar({ length: 63 }).notNull().unique('tenant_slug_key'),
    name: p.text().notNull(),
    plan: planEnum().default('free').notNull(),
    settings: p.jsonb().$type<Settings>().default({ theme: 'light', flags: [] }).notNull(),
    seats: p.integer().default(2 ** 3 - 3),
    trialSeconds: p.integer().default(60 * 60 * 24 * 14).notNull(),
    ...timestamps,
  },
  (t) => [p.check('seats_positive', sql`${t.seats} > 0`), p.index().on(t.name)],
);

type ExtraConfig = (t: any) => Array<p.PgTableExtraConfigValue>;

/** A table that belongs to a tenant. */
function tenantTable<T extends Record<string, p.PgColumnBuilderBase>>(name: string, columns: T, extra?: ExtraConfig) {
  const tenantId = p.uuid('tenant_id').notNull().references(() => tenants.id, { onDelete: 'cascade' });
  return createTable(name, { ...withDefaults({ tenantId, ...columns }) }, (t: any) => {
    const own = extra ? extra(t) : [];
    return [p.index(`${name}_tenant_idx`).on(t.tenantId), ...own];
  });
}

export const members = tenantTable(
  'member',
  {
    email: p.varchar('email', { length: 320 }).notNull(),
    role: roleEnum('role').default(ROLES.viewer).notNull(),
    invitedBy: p.uuid('invited_by').references((): AnyPgColumn => members.id, { onDelete: 'set null' }),
  },
  (t) => [p.uniqueIndex('member_email').on(t.tenantId, sql`lower(${t.email})`), p.unique().on(t.tenantId, t.id)],
);

export const projects = tenantTable('project', {
  title: p.text('title').notNull(),
  visibility: visibilityEnum('visibility').default(Visibility.Private),
  ownerId: p.uuid('owner_id').references(() => members.id),
  tags: p.text('tags').array().notNull().default(sql`'{}'::text[]`),
  matrix: p.integer('matrix').array().array(),
  ...softDelete('project'),
});

export const tenantsRelations = relations(tenants, ({ many }) => ({ members: many(members), projects: many(projects) }));
export const membersRelations = relations(members, ({ one, many }) => ({
  tenant: one(tenants, { fields: [members.tenantId], references: [tenants.id] }),
  inviter: one(members, { fields: [members.invitedBy], references: [members.id], relationName: 'invites' }),
  invited: many(members, { relationName: 'invites' }),
}));
export const notDeleted: SQL = sql`deleted_at is null`;
