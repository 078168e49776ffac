// Exotic expressions: nullish and logical operators, nested ternaries, reduce, string methods, BigInt, dates, holes.
import { and, between, eq, gt, inArray, like, lt, ne, not, or, sql } from 'drizzle-orm';
import { bigint, check, char, date, doublePrecision, geometry, index, integer, jsonb, macaddr8, pgTable, point, real, smallint, sparsevec, text, timestamp, varchar } from 'drizzle-orm/pg-core';

const options: { length?: number } | undefined = undefined as never;
const LENGTH = options?.length ?? 42;
const sizes = [1, 2, 3].map((n) => n * 10);
const total = sizes.reduce((sum, n) => sum + n, 0);
const label = 'Some Name'.toLowerCase().split(' ').join('_');
const dialect = 'pg' as string;
const ID = dialect === 'pg' ? 'pg_id' : dialect === 'mysql' ? 'my_id' : 'id';
const weights = { a: 1, b: 2 } as Record<string, number>;
const keys = Object.keys(weights);
const level: number = weights['b']!;
const flag = Boolean('') || !(0 > 1);
const epoch = new Date(0);
const [first, , third = 'x'] = ['p', 'q'];
const { inner: { deep = 7 } = {} } = { inner: {} } as { inner: { deep?: number } };
const longText = `line
two`;
const base = { type: 'point', mode: 'tuple' } as const;
const shape = { ...base, srid: 4326 } as const;
let counter = 0;
const next = () => ++counter;
const quoted = (s: string) => sql.raw(`'${s.replaceAll("'", "''")}'`);

export const documents = pgTable(label, {
  id: integer(ID).primaryKey(),
  size: varchar('size', { length: LENGTH }),
  total: integer('total').default(total),
  level: smallint('level').default(level),
  key: char('key', { length: keys.length }).default(keys.join('')),
  flag: text('flag').default(String(flag)),
  at: timestamp('at').default(epoch),
  day: date('day', { mode: 'string' }).default('2020-02-29'),
  first: text('first').default(first!),
  third: text('third').default(third),
  deep: integer('deep').default(deep),
  multi: text('multi').default(longText),
  location: geometry('location', shape),
  place: point('place'),
  sparse: sparsevec('sparse', { dimensions: 9 }),
  mac: macaddr8('mac'),
  score: real('score').default(-1.5e-3),
  precise: doublePrecision('precise').default(1e21),
  huge: bigint('huge', { mode: 'bigint' }).default(-(2n ** 62n)),
  one: integer('one').default(next()),
  two: integer('two').default(next()),
  meta: jsonb('meta').default({ nested: { list: [1, 'two', null, true], empty: {} }, 'quoted-key': `${first}!` }),
  nothing: text('nothing').default(sql`null`),
  quoted: text('quoted').default(quoted("it's")),
  escaped: text('escaped').default('tab\tnew\nquote\'back\\slash\u00e9\x41'),
}, (t) => [
  check('c1', and(gt(t.total, 0), or(lt(t.level, 5), eq(t.level, 9)))!),
  check('c2', not(inArray(t.first, ['a', 'b']))),
  check('c3', between(t.deep, 1, 10)),
  check('c4', like(t.multi, '%x%')),
  check('c5', sql`${t.level} <> ${ne(t.level, 3)}`),
  index('partial').on(t.total).where(eq(t.flag, 'true')),
  index().on(t.total, t.level),
]);
