// A schema as one default object beside named exports, old-style keys, reserved words, odd identifiers.
import { boolean, pgEnum, pgTable, primaryKey, serial, text, integer, uuid, timestamp } from 'drizzle-orm/pg-core';

export const rating = pgEnum('rating', ['G', 'PG-13', 'NC-17', '18+', '', 'très bien', 'None']);
export const movies = pgTable('movies', {
  id: serial('id').primaryKey(),
  class: text('class'),
  def: boolean('def'),
  from: text('from'),
  'kebab-key': text('kebab_key'),
  '3d': boolean('3d').default(false),
  _hidden: text('_hidden'),
  model_fields: text('model_fields'),
  json: text('json'),
  copy: text('copy'),
  ümlaut: text('umlaut'),
  list: text('list').array(),
  int: integer('int'),
  rating: rating('rating').default('PG-13'),
});
export const cast = pgTable('cast', { movieId: integer('movie_id').references(() => movies.id), actor: uuid('actor'), type: text('type') }, (t) => ({
  pk: primaryKey(t.movieId, t.actor),
}));
export const MovieTable = pgTable('movie_table', { id: serial('id').primaryKey(), Id: text('Id'), iD: text('iD') });
export const status = pgTable('status', { id: serial('id').primaryKey(), at: timestamp('at') });
const unused = pgTable('not_exported', { id: serial('id').primaryKey() });
export default { movies, cast, unused };
