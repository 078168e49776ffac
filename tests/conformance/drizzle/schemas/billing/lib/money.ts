import { sql, type Column } from 'drizzle-orm';
import { char, numeric } from 'drizzle-orm/pg-core';

type AmountOptions = { nullable?: boolean; digits?: number };
export const amount = (name: string, { nullable = false, digits = 14 }: AmountOptions = {}) => {
  const column = numeric(name, { precision: digits, scale: 2 });
  if (nullable) return column;
  return column.notNull();
};
export const rate = (name: string) => numeric(name, { precision: 4, scale: 3 });
export function currency(code = 'EUR') {
  return char('currency', { length: code.length }).default(code.toUpperCase()).notNull();
}
export const oneOf = (column: Column, values: readonly string[]) => sql`${column} IN (${sql.raw(values.map((v) => `'${v}'`).join(', '))})`;
export type LineItem = { sku: string; quantity: number; price: string; discount?: { percent: number } | { fixed: string } };
