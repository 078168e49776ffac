// A class-free style with a builder object, numbers as enum values, and names from a dictionary.
import { integer, sqliteTable, text, index, uniqueIndex, primaryKey, foreignKey, type AnySQLiteColumn } from 'drizzle-orm/sqlite-core';
import { sql } from 'drizzle-orm';
import * as c from './columns';

const NAMES = { notes: 'notes', folders: 'folders', links: 'note_links' } as const;
enum Sync { Clean, Dirty, Deleted = 10 }

export const folders = sqliteTable(NAMES.folders, {
  id: c.id('fld'),
  name: c.label(),
  parentId: text('parent_id').references((): AnySQLiteColumn => folders.id, { onDelete: 'cascade' }),
  sync: integer('sync').$type<Sync>().notNull().default(Sync.Dirty),
  deletedMarker: integer('deleted_marker').default(Sync['Deleted']),
}, (t) => ({ byParent: index('folders_parent').on(t.parentId) }));
export const notes = sqliteTable(NAMES['notes'], {
  id: c.id('nte'),
  folderId: text('folder_id').notNull().references(() => folders.id),
  title: c.label('title', { optional: true }),
  pinned: c.flag('pinned'),
  starred: c.flag('starred', true),
  createdAt: c.epoch('created_at'),
  updatedAt: c.epoch('updated_at').$onUpdateFn(() => new Date()),
}, (t) => [uniqueIndex('notes_title').on(t.folderId, t.title), index('notes_recent').on(sql`${t.updatedAt} desc`)]);
export const links = sqliteTable(NAMES.links, { source: text('source').notNull(), target: text('target').notNull() }, (t) => [
  primaryKey({ columns: [t.source, t.target] }),
  foreignKey({ columns: [t.source], foreignColumns: [notes.id] }).onDelete('cascade'),
  foreignKey(() => ({ columns: [t.target], foreignColumns: [notes.id], name: 'links_target' })),
]);
