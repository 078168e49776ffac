// Money, helpers with several statements, checks, generated columns, composite keys and self references.
import { sql } from 'drizzle-orm';
import type { SQL } from 'drizzle-orm';
import { bigint, bigserial, char, check, date, foreignKey, index, integer, interval, jsonb, numeric, pgEnum, pgSchema, pgSequence, primaryKey, smallint, text, timestamp, unique, uuid, varchar } from 'drizzle-orm/pg-core';
import countries from './lib/countries.json';
import { amount, currency, type LineItem, oneOf, rate } from './lib/money';

const billing = pgSchema('billing');
export { billing };
export const invoiceNumber = pgSequence('invoice_number', { startWith: 1000, increment: 1, cache: 5 });
export const status = billing.enum('invoice_status', ['draft', 'open', 'paid', 'void', 'uncollectible']);
export const interval_ = pgEnum('billing_interval', ['day', 'week', 'month', 'year']);

const INVOICE_PREFIX = 'INV' as const;

export const customers = billing.table(
  'customers',
  {
    id: bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity({ startWith: 100, name: 'customers_seq' }),
    reference: varchar('reference', { length: 12 }).notNull().default(`${INVOICE_PREFIX}-0`),
    country: char('country', { length: 2 }).default(countries.default).notNull(),
    vatRate: rate('vat_rate').default('0.200'),
    balance: amount('balance').notNull().default('0'),
    creditLimit: amount('credit_limit', { nullable: true }),
    currency: currency(),
    parentId: bigint('parent_id', { mode: 'number' }),
    metadata: jsonb('metadata').$type<Record<string, unknown>>().default({}),
  },
  (t) => [
    foreignKey({ columns: [t.parentId], foreignColumns: [t.id], name: 'customers_parent_fk' }).onDelete('set null').onUpdate('cascade'),
    check('country_known', oneOf(t.country, countries.codes)),
    check('credit', sql`${t.creditLimit} IS NULL OR ${t.creditLimit} >= ${0}`),
    unique('customers_reference').on(t.reference).nullsNotDistinct(),
  ],
);

export const invoices = billing.table(
  'invoices',
  {
    id: uuid().defaultRandom(),
    year: smallint('year').notNull(),
    number: integer('number').notNull().default(sql`nextval('invoice_number')`),
    customerId: bigint('customer_id', { mode: 'number' }).notNull().references(() => customers.id),
    status: status('status').notNull().default('draft'),
    issuedOn: date('issued_on').defaultNow().notNull(),
    dueOn: date('due_on', { mode: 'date' }),
    net: amount('net').notNull(),
    tax: amount('tax').notNull().default('0.00'),
    gross: numeric('gross', { precision: 14, scale: 2 }).generatedAlwaysAs((): SQL => sql`${invoices.net} + ${invoices.tax}`),
    period: interval('period', { fields: 'day' }),
    lines: jsonb('lines').$type<LineItem[]>().notNull().default([]),
  },
  (t) => ({
    pk: primaryKey({ columns: [t.year, t.number] }),
    byCustomer: index('invoices_customer').on(t.customerId.asc(), t.issuedOn.desc().nullsLast()),
    positive: check('net_positive', sql`${t.net} >= 0 AND ${t.tax} >= 0`),
    dates: check('due_after_issue', sql`${t.dueOn} IS NULL OR ${t.dueOn} >= ${t.issuedOn}`),
  }),
);

export const payments = billing.table('payments', {
  id: bigserial('id', { mode: 'bigint' }).primaryKey(),
  invoiceYear: smallint('invoice_year').notNull(),
  invoiceNumber: integer('invoice_number').notNull(),
  amount: amount('amount').notNull(),
  exactAmount: numeric('exact_amount', { precision: 38, scale: 18, mode: 'string' }),
  units: numeric('units', { mode: 'bigint', precision: 30, scale: 0 }),
  every: interval_('every').default('month'),
  receivedAt: timestamp('received_at', { withTimezone: true }).default(new Date('2020-01-01T00:00:00Z')),
  note: text('note').default('it\'s "paid"'),
}, (t) => [
  foreignKey({ columns: [t.invoiceYear, t.invoiceNumber], foreignColumns: [invoices.year, invoices.number] }).onDelete('restrict'),
]);
