import { boolean, index, integer, pgEnum, pgTable, serial, text, timestamp, varchar } from 'drizzle-orm/pg-core';

export const division = pgEnum('division', ['I', 'II', 'III']);
export const subdivision = pgEnum('subdivision', ['FBS', 'FCS', 'no football']);
export const gender = pgEnum('gender', ['men', 'women', 'mixed']);

const timestamps = {
  createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
  updatedAt: timestamp('updated_at', { withTimezone: true }).notNull().defaultNow(),
  deletedAt: timestamp('deleted_at', { withTimezone: true }),
};

export const sports = pgTable('sports', {
  id: serial('id').primaryKey(),
  code: varchar('code', { length: 3 }).notNull().unique(),
  name: text('name').notNull(),
  gender: gender('gender').notNull(),
  ...timestamps,
});

export const conferences = pgTable('conferences', {
  id: serial('id').primaryKey(),
  ncaaId: integer('ncaa_id').notNull().unique(),
  name: text('name').notNull(),
  divisions: division('divisions').array().notNull(),
  ...timestamps,
});

export const schools = pgTable(
  'schools',
  {
    id: serial('id').primaryKey(),
    ncaaId: integer('ncaa_id').notNull().unique(),
    name: text('name').notNull(),
    division: division('division').notNull(),
    subdivision: subdivision('subdivision'),
    conferenceId: integer('conference_id').references(() => conferences.id),
    isPrivate: boolean('is_private'),
    isHbcu: boolean('is_hbcu'),
    website: text('website'),
    athleticsWebsite: text('athletics_website'),
    ...timestamps,
  },
  (table) => [index('schools_conference_idx').on(table.conferenceId)],
);

export const locations = pgTable('locations', {
  id: serial('id').primaryKey(),
  schoolId: integer('school_id')
    .notNull()
    .unique()
    .references(() => schools.id, { onDelete: 'cascade' }),
  city: text('city'),
  state: text('state'),
  postalCode: varchar('postal_code', { length: 16 }),
  ...timestamps,
});
