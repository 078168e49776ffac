// What the language's own library makes of names and defaults, at the edges where two languages differ.
import { boolean, integer, pgTable, serial, text } from 'drizzle-orm/pg-core';

const texts = (values: readonly unknown[]) =>
  Object.fromEntries(values.map((value, at) => [`c${at}`, text(`c${at}`).default(String(value))]));

const camel = (name: string) => name.replace(/_([a-z])/g, (_match, letter: string) => letter.toUpperCase());
const snake = (name: string) => name.split(/(?=[A-Z])/).map((part) => part.toLowerCase()).join('_');

export const names = pgTable(snake('NamesOfColumns'), {
  ...Object.fromEntries(['first_name', 'last_name'].map((name) => [camel(name), text(name)])),
  '2': text('two'),
  '1': text('one'),
  [`x${1 + 1}`]: text(snake('myColumnName')),
});

export const strings = pgTable('strings', texts([
  'a-b-c'.split('-', 2).concat('z').slice(-2).join('+'),
  'fooBar'.split(/(?=[A-Z])/).length,
  'FooBar'.split(/(?=[A-Z])/).join('|'),
  'a1b22c'.split(/\d+/).join('|'),
  'a1b'.split(/(\d)|(x)/).length,
  'abc'.split('').reverse().join(''),
  'a$b$'.replace(/\$/g, '_') + 'a$b'.replace(/[$]/, '_') + 'ab\n'.replace(/b$/, '_'),
  'aXbX'.replaceAll('X', '$&$&') + 'x'.replace('x', '$$'),
  'john smith'.replace(/(\w+) (\w+)/, '$2 $1'),
  '7'.padStart(5, 'ab') + '7'.padEnd(4) + 'long'.padStart(2, '0'),
  'abc'.charAt(-1) + 'abc'.charAt(5) + 'abc'.charAt(1) + 'abc'.at(-1),
  ' \u00a0\ufefft\n '.trim().length,
  'abcdef'.substring(4, 1) + 'abcdef'.slice(-3, -1),
  'x'.repeat(3) + 'A'.concat('b', 'c'),
  'ß'.toUpperCase() + 'É'.toLowerCase(),
]));

export const numbers = pgTable('numbers', texts([
  0.1 + 0.2, 1e21, -0, 1 / 3, 2 ** 53, 0xff, 1_000, 5 % -3, -5 % 3, (7 / 2) | 0, ~~-3.7, 1 << 31, 0b101, 0.5e-7,
  (2.5).toFixed(0), (1.25).toFixed(1), (1.005).toFixed(2), (-2.5).toFixed(0), (0).toFixed(2), (1e21).toFixed(2),
  Number('0x10'), Number('1_000'), Number('inf'), Number(' 12 '), Number(''), Number('.5'), Number('5.'), Number('1e3'),
  parseInt('12px'), parseInt('0x1f'), parseInt('1f', 16), parseInt('-08'), parseInt('z'), parseFloat('3.5kg'),
  Math.max(1, 5, 3), Math.floor(-1.5), Math.min(2, NaN), Math.trunc(-1.5), Math.pow(2, 10),
]));

export const json = pgTable('json', texts([
  JSON.stringify({ a: [1, null, undefined, NaN], b: undefined, c: 'é"\n', d: 1e-7, e: 1e21, f: 0.5, g: {} }),
  JSON.parse('{"n": [1, 2.50, "x"]}').n.join('/'),
  JSON.parse('[12345678901234567890]')[0],
]));

const seen = new Map<string, string>([['a', '1'], ['b', '2'], ['a', '3']]);
seen.set('b', '4').set('c', '5').set('a', '6');
const mixed = new Set<unknown>([1, true, '1', 1, 'x', true]);

export const collections = pgTable('collections', {
  id: serial('id').primaryKey(),
  ...Object.fromEntries([...seen].map(([key, value]) => [key, text(key).default(value)])),
  size: integer('size').default(mixed.size),
  has: boolean('has').default(mixed.has('1') && !mixed.has('true')),
  unique: text('unique').default(['b', 'a', 'b'].filter((item, at, all) => all.indexOf(item) === at).join()),
  sorted: text('sorted').default([3, 1, 10, 2].sort().join()),
  flat: text('flat').default([[1], [2, [3]]].flat().join('|') + [[4, [5, [6]]]].flat(2).length),
  squares: text('squares').default(Array.from({ length: 3 }, (_item, at) => at * at).join('')),
  total: integer('total').default([1, 2, 3, 4].reduce((sum, item, at, all) => sum + item * at + all.length, 0)),
  words: text('words').default(String([[1, null, undefined, true], ['x']])),
});
