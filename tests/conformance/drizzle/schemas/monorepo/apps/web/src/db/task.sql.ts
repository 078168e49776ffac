import { text, varchar, smallint, jsonb, uuid, boolean, index, pgTable, unique } from 'drizzle-orm/pg-core';
import { defineTable } from '@acme/db';
import { type Comment, Defaults, MAX_BODY, type Priority, STATES } from '@acme/shared';
import { MAX_TITLE } from '@acme/shared/limits';
import { flags } from '@/db/flags';

export const boards = defineTable('boards', (base) => ({ ...base, boardTitle: varchar({ length: MAX_TITLE }).notNull(), isPublic: boolean().default(flags.publicByDefault) }));
export const tasks = defineTable('tasks', ({ id, createdAt }) => ({
  id,
  createdAt,
  boardId: uuid().notNull().references(() => boards.id),
  currentState: text({ enum: STATES }).default(Defaults.state).notNull(),
  taskPriority: smallint().$type<Priority>().default(Defaults.priority),
  bodyText: varchar({ length: MAX_BODY }),
  HTMLBody: text(),
  externalURL: text('externalURL'),
  userID2: text(),
  comments: jsonb().$type<Comment[]>().default([]),
}));
export const labels = pgTable('labels', (t) => ({ labelName: t.text().notNull(), boardId: t.uuid().references(() => boards.id) }), (t) => [unique().on(t.labelName, t.boardId), index('label_board').on(t.boardId)]);
