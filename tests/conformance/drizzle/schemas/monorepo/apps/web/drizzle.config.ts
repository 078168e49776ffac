import { defineConfig } from 'drizzle-kit';

export default defineConfig({
  schema: ['./src/db/*.sql.ts'],
  out: './drizzle',
  dialect: 'postgresql',
  casing: 'snake_case',
  dbCredentials: { url: process.env.DATABASE_URL! },
});
