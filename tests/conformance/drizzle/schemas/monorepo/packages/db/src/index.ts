import { pgTable as basePgTable, timestamp, uuid } from 'drizzle-orm/pg-core';
import type { PgColumnBuilderBase } from 'drizzle-orm/pg-core';

export const baseColumns = () => ({ id: uuid().primaryKey().defaultRandom(), createdAt: timestamp().defaultNow().notNull() });
export const defineTable = <N extends string, C extends Record<string, PgColumnBuilderBase>>(name: N, columns: (base: ReturnType<typeof baseColumns>) => C) =>
  basePgTable(name, columns(baseColumns()));
