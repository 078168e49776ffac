import { text, varchar } from 'drizzle-orm/pg-core';
export const LOCALES = ['en', 'de', 'fr'] as const;
export function localized(name: string, length?: number) {
  const columns: Record<string, ReturnType<typeof text>> = {};
  for (const locale of LOCALES) {
    const key = `${name}${locale.charAt(0).toUpperCase()}${locale.slice(1)}`;
    columns[key] = (length ? varchar(`${name}_${locale}`, { length }) : text(`${name}_${locale}`)) as never;
  }
  return columns;
}
