import { integer, pgTable, text } from 'drizzle-orm/pg-core';
export default pgTable('redirects', { from: text('from').primaryKey(), to: text('to').notNull(), status: integer('status').default(301) });
