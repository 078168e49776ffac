import { sql } from 'drizzle-orm';
import { integer, text } from 'drizzle-orm/sqlite-core';

export const id = (prefix: string) => text('id').primaryKey().$defaultFn(() => `${prefix}_${Math.random().toString(36).slice(2)}`);
export const label = (name = 'name', options?: { optional?: boolean }) => {
  let column = text(name, { length: 120 });
  if (!options?.optional) {
    column = column.notNull() as never;
  }
  return column;
};
export const flag = (name: string, initial = false) => integer(name, { mode: 'boolean' }).notNull().default(initial);
export function epoch(name: string) {
  const column = integer(name, { mode: 'timestamp' });
  return column.notNull().default(sql`(unixepoch())`);
}
