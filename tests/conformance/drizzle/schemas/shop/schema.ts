// MySQL: unsigned, enums from objects, prefixed names, on update now, factories for columns.
import { relations, sql } from 'drizzle-orm';
import { bigint, binary, boolean, char, datetime, decimal, double, float, index, int, json, longtext, mysqlEnum, mysqlTable, mysqlTableCreator, primaryKey, serial, smallint, text, timestamp, tinyint, unique, varchar, year } from 'drizzle-orm/mysql-core';

const table = mysqlTableCreator((name: string) => ['shop', name].join('_'));
export enum OrderState { New = 'new', Paid = 'paid', Sent = 'sent' }
const CHANNEL = { Web: 'web', Store: 'store' } as const;
const key = (name = 'id') => bigint(name, { mode: 'number', unsigned: true });
const stamps = () => ({ createdAt: timestamp('created_at', { fsp: 3 }).defaultNow().notNull(), updatedAt: timestamp('updated_at').onUpdateNow() });

export const products = table('products', {
  id: key().autoincrement().primaryKey(),
  sku: char('sku', { length: 12 }).notNull().unique(),
  name: varchar('name', { length: 255 }).notNull(),
  stock: int('stock', { unsigned: true }).default(0).notNull(),
  flags: tinyint('flags', { unsigned: true }),
  price: decimal('price', { precision: 10, scale: 2 }).notNull(),
  cost: decimal('cost', { precision: 10, scale: 0 }),
  plain: decimal('plain', { precision: 10 }),
  weight: float('weight', { precision: 7, scale: 3 }),
  ratio: double('ratio'),
  body: longtext('body'),
  attributes: json('attributes').$type<Array<{ name: string; value: string | number | boolean }>>().default([]),
  model: year('model'),
  hash: binary('hash', { length: 16 }),
  channel: mysqlEnum('channel', Object.values(CHANNEL) as ['web', 'store']).default('web'),
  ...stamps(),
}, (t) => [index('name_idx').on(t.name), unique('sku_name').on(t.sku, t.name)]);
export const orders = table('orders', {
  id: serial().primaryKey(),
  state: mysqlEnum(OrderState).default(OrderState.New).notNull(),
  placedAt: datetime('placed_at', { mode: 'string', fsp: 6 }).default(sql`(now(6))`),
  gift: boolean('gift').default(false),
  notes: text('notes', { enum: ['a', 'b'] }),
});
export const orderLines = table('order_lines', {
  orderId: key('order_id').notNull().references(() => orders.id, { onDelete: 'cascade' }),
  productId: key('product_id').notNull().references(() => products.id),
  quantity: smallint('quantity', { unsigned: true }).notNull().default(1),
}, (t) => ({ pk: primaryKey({ name: 'lines_pk', columns: [t.orderId, t.productId] }) }));
export const plainTable = mysqlTable('plain', { a: int(), b: varchar({ length: 1 }), c: mysqlEnum(['x', 'y']) });
export const ordersRelations = relations(orders, ({ many }) => ({ lines: many(orderLines) }));
