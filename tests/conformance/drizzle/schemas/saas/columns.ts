import { pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core';

export const id = {
  get id() {
    return uuid('id').primaryKey().defaultRandom();
  },
};
export const timestamps = {
  createdAt: timestamp({ withTimezone: true, mode: 'date' }).defaultNow().notNull(),
  updatedAt: timestamp({ withTimezone: true, mode: 'string', precision: 3 })
    .defaultNow()
    .notNull()
    .$onUpdate(() => new Date().toISOString()),
} as const;
export const softDelete = (table: string) => {
  if (table.length === 0) {
    throw new Error('a name is needed');
  }
  const suffix = table === 'project' ? 'archived' : 'deleted';
  return { [`${suffix}At`]: timestamp(`${suffix}_at`), [`${suffix}By`]: text(`${suffix}_by`) };
};
export function withDefaults<T extends Record<string, unknown>>(columns: T) {
  return { ...id, ...columns, ...timestamps };
}
export { pgTable as table };
