// Cycles between files, column bags built in loops, views, full-text search.
import { eq, isNotNull, relations, sql } from 'drizzle-orm';
import { customType, index, integer, pgMaterializedView, pgTable, pgView, serial, text, timestamp, uniqueIndex, varchar } from 'drizzle-orm/pg-core';
import { assets } from './media';
import { authors } from './people';
import { localized, LOCALES } from './util';

const tsvector = customType<{ data: string }>({
  dataType() {
    return 'tsvector';
  },
});
const vectorOf = customType<{ data: number[]; driverData: string; config: { dimensions?: number } }>({
  dataType(config) {
    return `vector(${config?.dimensions ?? 1536})`;
  },
  toDriver(value: number[]) {
    return JSON.stringify(value);
  },
});

export const articles = pgTable(
  'articles',
  {
    id: serial('id').primaryKey(),
    slug: varchar('slug', { length: 200 }).notNull(),
    authorId: integer('author_id').references(() => authors.id, { onDelete: 'set null' }),
    coverId: integer('cover_id').references(() => assets.id),
    ...localized('title', 300),
    ...localized('body'),
    search: tsvector('search').generatedAlwaysAs(sql`to_tsvector('english', coalesce(title_en, ''))`),
    embedding: vectorOf('embedding', { dimensions: 384 }),
    summaryEmbedding: vectorOf('summary_embedding'),
    locale: text('locale', { enum: LOCALES }).default(LOCALES[0]).notNull(),
    publishedAt: timestamp('published_at', { withTimezone: true }),
  },
  (table) => [
    uniqueIndex('articles_slug').on(table.slug, table.locale),
    index('articles_search').using('gin', table.search),
    index('articles_embedding').using('hnsw', table.embedding.op('vector_cosine_ops')),
    index('articles_published').on(table.publishedAt).where(isNotNull(table.publishedAt)),
  ],
);
export const tags = pgTable('tags', { id: serial().primaryKey(), label: text().notNull() });
export const articleTags = pgTable('article_tags', {
  articleId: integer('article_id').notNull().references(() => articles.id, { onDelete: 'cascade' }),
  tagId: integer('tag_id').notNull().references(() => tags.id),
});
export const published = pgView('published_articles').as((qb) =>
  qb.select({ id: articles.id, slug: articles.slug, upper: sql<string>`upper(${articles.slug})`.as('upper_slug') }).from(articles).where(isNotNull(articles.publishedAt)),
);
export const byAuthor = pgMaterializedView('articles_by_author').as((qb) =>
  qb
    .select({ author: authors.name, count: sql<number>`count(*)`.as('article_count') })
    .from(articles)
    .innerJoin(authors, eq(articles.authorId, authors.id))
    .groupBy(authors.name),
);
export const legacy = pgView('legacy_articles', { id: integer('id').notNull(), old_slug: text('old_slug') }).existing();
export const articlesRelations = relations(articles, ({ one, many }) => ({
  author: one(authors, { fields: [articles.authorId], references: [authors.id] }),
  tags: many(articleTags),
}));
