// Runs a Drizzle schema with the project's own drizzle-orm and prints what drizzle-orm says about it.
// Input on stdin: {entries, files: {path: {source, links, names}}, drizzle, casing, nonce, root}. Output: one JSON line between nonces.
import fs from 'node:fs';
import module, { createRequire, registerHooks } from 'node:module';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const job = JSON.parse(fs.readFileSync(0, 'utf8'));
const print = process.stdout.write.bind(process.stdout);
process.stdout.write = () => true;
process.on('unhandledRejection', () => {});
process.on('uncaughtException', (error) => finish({ failure: failure(error) }));
process.exit = () => { throw new Error('the schema calls process.exit()'); };

const errors = [];
const touched = new Set();
const stubs = new WeakMap();
const relative = (file) => path.relative(job.root, file).split(path.sep).join('/');

// --- no network ---------------------------------------------------------------------------------

const refuse = (what) => () => { throw new Error(`${what} is not allowed while a schema is read`); };
const [net, dns, dgram, child] = ['net', 'dns', 'dgram', 'child_process'].map((name) => createRequire(import.meta.url)(name));
net.Socket.prototype.connect = refuse('a network connection');
dns.lookup = refuse('a DNS lookup');
dns.promises.lookup = refuse('a DNS lookup');
dgram.createSocket = refuse('a network socket');
globalThis.fetch = refuse('a network request');
globalThis.WebSocket = refuse('a network connection');
for (const name of ['spawn', 'exec', 'execFile', 'fork', 'spawnSync', 'execSync', 'execFileSync']) child[name] = refuse('a child process');
module.syncBuiltinESMExports();

const environment = process.env;
process.env = new Proxy(environment, {
  get(target, name) {
    if (typeof name === 'string' && !(name in target)) {
      const frame = callerFrame();
      if (frame) errors.push({ ...frame, expression: `process.env.${name}`, reason: 'the schema reads an environment variable that is not set' });
    }
    return target[name];
  },
});

function callerFrame() {
  const line = (new Error().stack ?? '').split('\n')[3] ?? '';
  const match = /(file:\/\/[^\s)]+?):(\d+):\d+\)?$/.exec(line);
  if (!match) return null;
  const file = fileURLToPath(match[1]);
  return job.files[file] ? { file: relative(file), line: Number(match[2]) } : null;
}

// --- packages that are not installed ------------------------------------------------------------

function stub(name) {
  const target = () => undefined;
  const note = () => touched.add(name);
  const proxy = new Proxy(target, {
    get(_target, key) {
      if (key === Symbol.toPrimitive) return () => { note(); return `\u0000stub:${name}\u0000`; };
      if (key === Symbol.iterator) return function* empty() { errors.push({ file: '', line: 1, expression: name, reason: 'the schema iterates over something from a package that is not installed' }); };
      if (typeof key === 'symbol' || key === 'then' || key === 'toJSON') return undefined;
      return stub(`${name}.${key}`);
    },
    apply() { note(); return stub(`${name}()`); },
    construct() { note(); return stub(`new ${name}()`); },
    ownKeys(t) {
      note();
      errors.push({ file: '', line: 1, expression: name, reason: 'the schema copies the properties of something from a package that is not installed' });
      return Reflect.ownKeys(t);
    },
  });
  stubs.set(proxy, name);
  return proxy;
}
globalThis[Symbol.for('headgate:stub')] = stub;

const isStub = (value) => value !== null && (typeof value === 'function' || typeof value === 'object') && stubs.has(value);
const hasStub = (text) => typeof text === 'string' && text.includes('\u0000stub:');

// --- loading ------------------------------------------------------------------------------------

const SUFFIXES = ['.ts', '.tsx', '.mts', '.cts', '.js', '.mjs', '.cjs', '.json'];
const missing = new Set();

function transform(file, source) {
  if (!/\.[mc]?tsx?$/.test(file)) return source;
  try {
    return module.stripTypeScriptTypes(source, { mode: 'strip' });
  } catch {
    return module.stripTypeScriptTypes(source, { mode: 'transform' });
  }
}

function probe(base) {
  if (fs.existsSync(base) && fs.statSync(base).isFile()) return base;
  const candidates = [...SUFFIXES.map((s) => base + s), ...SUFFIXES.map((s) => path.join(base, `index${s}`))];
  if (/\.[mc]?jsx?$/.test(base)) candidates.push(base.replace(/\.([mc]?)jsx?$/, '.$1ts'), base.replace(/\.jsx?$/, '.tsx'));
  return candidates.find((c) => fs.existsSync(c) && fs.statSync(c).isFile());
}

// The names a file of a package takes from another that is not installed.
function importedNames(parent, specifier) {
  const source = fs.readFileSync(parent, 'utf8');
  const quoted = specifier.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const names = new Set(['default']);
  const clauses = new RegExp(`(?:import|export)\\s+([^'";]*?)\\s*from\\s*['"]${quoted}['"]`, 'g');
  for (const [, clause] of source.matchAll(clauses)) {
    const braces = /\{([^}]*)\}/.exec(clause);
    for (const part of braces ? braces[1].split(',') : []) names.add(part.trim().split(/\s+as\s+/)[0]);
    const namespace = /\*\s+as\s+([\w$]+)/.exec(clause);
    if (namespace) for (const [, member] of source.matchAll(new RegExp(`\\b${namespace[1]}\\.([\\w$]+)`, 'g'))) names.add(member);
  }
  return [...names].filter((name) => /^[\w$]+$/.test(name));
}

registerHooks({
  resolve(specifier, context, next) {
    const parent = context.parentURL?.startsWith('file:') ? fileURLToPath(context.parentURL) : null;
    const known = parent && job.files[parent]?.links[specifier];
    if (known) return { url: pathToFileURL(known).href, shortCircuit: true, format: 'module' };
    const drizzle = /^drizzle-orm(\/|$)/.test(specifier);
    try {
      return next(specifier, context);
    } catch (error) {
      if (parent && specifier.startsWith('.')) {
        const found = probe(path.resolve(path.dirname(parent), specifier));
        if (found) return { url: pathToFileURL(found).href, shortCircuit: true, format: 'module' };
      }
      if (drizzle && job.drizzle) return next(specifier, { ...context, parentURL: pathToFileURL(path.join(job.drizzle, 'schema.mjs')).href });
      if (!parent || drizzle || specifier.startsWith('.')) throw error;
      missing.add(specifier);
      const names = job.files[parent]?.names[specifier] ?? importedNames(parent, specifier);
      return { url: `stub:${encodeURIComponent(specifier)}?${names.join(',')}`, shortCircuit: true, format: 'module' };
    }
  },
  load(url, context, next) {
    if (url.startsWith('stub:')) {
      const [name, names] = url.slice(5).split('?');
      const lines = names.split(',').map((n, i) => `const s${i} = stub(${JSON.stringify(`${decodeURIComponent(name)}:${n}`)}); export { s${i} as ${n} };`);
      return { format: 'module', shortCircuit: true, source: `const stub = globalThis[Symbol.for('headgate:stub')];\n${lines.join('\n')}` };
    }
    if (!url.startsWith('file:')) return next(url, context);
    const file = fileURLToPath(url);
    if (file.endsWith('.json')) {
      const content = fs.readFileSync(file, 'utf8');
      const keys = Object.keys(JSON.parse(content)).filter((k) => /^[A-Za-z_$][\w$]*$/.test(k) && k !== 'default');
      const named = keys.map((k) => `const j_${k} = data[${JSON.stringify(k)}]; export { j_${k} as ${k} };`).join('\n');
      return { format: 'module', shortCircuit: true, source: `const data = ${content};\nexport default data;\n${named}` };
    }
    const given = job.files[file];
    if (given) return { format: 'module', shortCircuit: true, source: transform(file, given.source) };
    if (/\.[mc]?tsx?$/.test(file)) return { format: 'module', shortCircuit: true, source: transform(file, fs.readFileSync(file, 'utf8')) };
    return next(url, context);
  },
});

// --- what drizzle-orm says ----------------------------------------------------------------------

const symbol = (name) => Symbol.for(`drizzle:${name}`);
const kindOf = (value) => value?.constructor?.[symbol('entityKind')];
function is(value, kind) {
  if (!value || typeof value !== 'object' || isStub(value)) return false;
  for (let c = Object.getPrototypeOf(value)?.constructor; c; c = Object.getPrototypeOf(c)) {
    if (c[symbol('entityKind')] === kind) return true;
  }
  return false;
}

async function loadDrizzle(entry) {
  const anchor = createRequire(pathToFileURL(entry));
  const load = async (name) => {
    let resolved;
    try { resolved = anchor.resolve(name); } catch { resolved = createRequire(pathToFileURL(path.join(job.drizzle ?? path.dirname(entry), 'x.js'))).resolve(name); }
    return import(pathToFileURL(resolved.replace(/\.cjs$/, '.js')).href);
  };
  const core = await load('drizzle-orm');
  const version = await load('drizzle-orm/version').catch(() => ({}));
  const dialects = {};
  for (const [dialect, name, Dialect] of [['pg', 'pg-core', 'PgDialect'], ['mysql', 'mysql-core', 'MySqlDialect'], ['sqlite', 'sqlite-core', 'SQLiteSyncDialect']]) {
    const mod = await load(`drizzle-orm/${name}`);
    dialects[dialect] = { mod, dialect: new mod[Dialect]({ casing: job.casing ?? undefined }) };
  }
  return { core, dialects, version: version.npmVersion ?? anchor('drizzle-orm/package.json')?.version ?? null };
}

class Stubbed extends Error {}

function writer(orm, dialect) {
  const made = orm.dialects[dialect].dialect;
  // drizzle-orm remembers names by table name, and finds none of the columns of a second table called the same.
  const forget = () => made.casing?.clearCache?.();
  const sql = (value) => {
    forget();
    const text = made.sqlToQuery(value.inlineParams()).sql;
    if (hasStub(text)) throw new Stubbed('part of the sql comes from a package that is not installed');
    return text;
  };
  const encode = (value) => {
    if (isStub(value) || hasStub(value)) throw new Stubbed('the value comes from a package that is not installed');
    if (typeof value === 'bigint') return { $bigint: String(value) };
    if (typeof value === 'function') return { $fn: value.name };
    if (value === null || typeof value !== 'object') return value;
    if (value instanceof Date) return { $date: value.toISOString() };
    if (value instanceof Uint8Array) return { $bytes: Buffer.from(value).toString('base64') };
    if (is(value, 'SQL')) return { $sql: sql(value) };
    if (Array.isArray(value)) return value.map(encode);
    return Object.fromEntries(Object.entries(value).filter(([, v]) => v !== undefined).map(([k, v]) => [k, encode(v)]));
  };
  const dbName = (column) => {
    if (!made.casing) return column.name;
    forget();
    return made.casing.getColumnCasing(column);
  };
  return { sql, encode, dbName };
}

const FACTS = ['length', 'precision', 'scale', 'withTimezone', 'dimensions', 'fsp', 'unsigned', 'mode', 'autoIncrement'];

function typeOf(column) {
  const out = { columnType: column.columnType, dataType: column.dataType, sqlType: column.getSQLType() };
  if (hasStub(out.sqlType)) throw new Stubbed('the type comes from a package that is not installed');
  if (column.enumValues !== undefined) out.enumValues = [...column.enumValues];
  const listed = column.enum;
  if (listed?.enumName !== undefined) {
    out.enumName = listed.enumName;
    if (listed.schema !== undefined) out.enumSchema = listed.schema;
  }
  for (const name of FACTS) if (column[name] !== undefined && typeof column[name] !== 'function') out[name] = column[name];
  if (column.baseColumn) out.array = { size: column.size ?? null, base: typeOf(column.baseColumn) };
  return out;
}

function describeColumn(key, column, write) {
  if (isStub(column)) throw new Stubbed('the column comes from a package that is not installed');
  const out = { key, name: column.name };
  if (column.keyAsName) out.keyAsName = true;
  out.dbName = write.dbName(column);
  Object.assign(out, typeOf(column));
  out.notNull = column.notNull;
  out.hasDefault = column.hasDefault;
  if (column.default !== undefined) out.default = write.encode(column.default);
  if (column.defaultFn !== undefined) out.hasDefaultFn = true;
  if (column.onUpdateFn !== undefined) out.hasOnUpdateFn = true;
  if (column.hasOnUpdateNow) out.onUpdateNow = true;
  out.primary = column.primary;
  out.isUnique = column.isUnique;
  if (column.isUnique) {
    out.uniqueName = column.uniqueName;
    if (column.uniqueType !== undefined) out.uniqueNulls = column.uniqueType;
  }
  if (column.generated !== undefined) {
    const as = column.generated.as;
    out.generated = { as: write.encode(typeof as === 'function' ? as() : as), type: column.generated.type, mode: column.generated.mode };
  }
  if (column.generatedIdentity !== undefined) out.identity = write.encode(column.generatedIdentity);
  return out;
}

function columnsOf(columns, write, place) {
  const out = [];
  for (const [key, column] of Object.entries(columns)) {
    try {
      out.push(describeColumn(key, column, write));
    } catch (error) {
      errors.push({ ...place, expression: key, reason: error.message, column: key });
    }
  }
  return out;
}

function guarded(place, what, run, fallback) {
  try {
    return run();
  } catch (error) {
    errors.push({ ...place, expression: what, reason: String(error?.message ?? error) });
    return fallback;
  }
}

function tableOf(orm, dialect, file, name, table) {
  const write = writer(orm, dialect);
  const place = { file, line: 1, table: name };
  const tableName = table[symbol('Name')];
  if (isStub(tableName) || hasStub(tableName)) throw new Stubbed('the name of the table comes from a package that is not installed');
  const out = { file, export: name, dialect, name: tableName, schema: table[symbol('Schema')] ?? null };
  out.columns = columnsOf(table[symbol('Columns')], write, place);
  const empty = { foreignKeys: [], primaryKeys: [], uniqueConstraints: [], indexes: [], checks: [], policies: [] };
  const config = guarded(place, 'extra configuration', () => orm.dialects[dialect].mod.getTableConfig(table), empty);
  const names = (columns) => columns.map(write.dbName);
  const each = (items, what, run) => (items ?? []).map((item) => guarded(place, what, () => run(item), null)).filter((item) => item !== null);
  out.foreignKeys = each(config.foreignKeys, 'foreign key', (key) => {
    const reference = key.reference();
    return {
      name: key.getName(), columns: names(reference.columns), foreignTable: reference.foreignTable[symbol('Name')],
      foreignSchema: reference.foreignTable[symbol('Schema')] ?? null, foreignColumns: names(reference.foreignColumns),
      onDelete: key.onDelete ?? null, onUpdate: key.onUpdate ?? null,
    };
  });
  out.primaryKeys = each(config.primaryKeys, 'primary key', (key) => ({ name: key.getName(), columns: names(key.columns) }));
  out.uniqueConstraints = each(config.uniqueConstraints, 'unique', (key) => ({
    name: key.getName() ?? key.name, columns: names(key.columns), ...(key.nullsNotDistinct ? { nullsNotDistinct: true } : {}),
  }));
  out.indexes = each(config.indexes, 'index', ({ config: index }) => ({
    name: index.name ?? null, unique: !!index.unique,
    columns: index.columns.map((c) => (is(c, 'SQL') ? { $sql: write.sql(c) } : write.dbName({ ...c, name: c.name, keyAsName: c.keyAsName, table }))),
    ...(index.method && index.method !== 'btree' ? { method: index.method } : {}),
    ...(index.where ? { where: { $sql: write.sql(index.where) } } : {}),
  }));
  out.checks = each(config.checks, 'check', (check) => ({ name: check.name, value: write.sql(check.value) }));
  const policies = each(config.policies, 'policy', (p) => ({ name: p.name, ...(p.as ? { as: p.as } : {}), ...(p.for ? { for: p.for } : {}) }));
  if (policies.length > 0) out.policies = policies;
  if (config.enableRLS) out.enableRLS = true;
  return out;
}

function viewOf(orm, dialect, file, name, view) {
  const write = writer(orm, dialect);
  const config = view[symbol('ViewBaseConfig')];
  const out = {
    file, export: name, dialect, name: config.name, schema: config.schema ?? null,
    materialized: is(view, 'PgMaterializedView'), isExisting: config.isExisting,
  };
  if (config.query) out.query = write.sql(config.query);
  out.columns = Object.entries(config.selectedFields).map(([key, field]) => {
    if (is(field, 'SQL.Aliased')) return { key, name: field.fieldAlias, sqlExpr: write.sql(field.sql) };
    if (is(field, 'SQL')) return { key, name: key, sqlExpr: write.sql(field) };
    return describeColumn(key, field, write);
  });
  return out;
}

function relationsOf(orm, file, name, relations) {
  const dialect = is(relations.table, 'PgTable') ? 'pg' : is(relations.table, 'MySqlTable') ? 'mysql' : 'sqlite';
  const { dbName } = writer(orm, dialect);
  const made = relations.config(orm.core.createTableRelationsHelpers(relations.table));
  const listed = Object.entries(made).map(([key, relation]) => {
    const one = is(relation, 'One');
    const out = { key, kind: one ? 'one' : 'many', target: relation.referencedTableName };
    if (relation.relationName !== undefined) out.relationName = relation.relationName;
    if (one && relation.config) Object.assign(out, { fields: relation.config.fields.map(dbName), references: relation.config.references.map(dbName) });
    if (one) out.nullable = relation.isNullable;
    return out;
  });
  return { file, export: name, table: relations.table[symbol('Name')], relations: listed };
}

// --- all of it ----------------------------------------------------------------------------------

const DIALECTS = { PgTable: 'pg', MySqlTable: 'mysql', SQLiteTable: 'sqlite' };
const VIEWS = { PgView: 'pg', PgMaterializedView: 'pg', MySqlView: 'mysql', SQLiteView: 'sqlite' };
const out = { tables: [], views: [], enums: [], relations: [], schemas: [], sequences: [], roles: [] };

function dialectOf(value, kinds) {
  for (const [kind, dialect] of Object.entries(kinds)) if (is(value, kind)) return dialect;
  return null;
}

function collect(orm, file, name, value) {
  const table = dialectOf(value, DIALECTS);
  const view = dialectOf(value, VIEWS);
  if (table && value[symbol('IsAlias')]) return;
  if (table) out.tables.push(tableOf(orm, table, file, name, value));
  else if (view) out.views.push(viewOf(orm, view, file, name, value));
  else if (typeof value === 'function' && !isStub(value) && value[symbol('isPgEnum')] === true) {
    out.enums.push({ file, export: name, name: value.enumName, schema: value.schema ?? null, values: [...value.enumValues] });
  } else if (is(value, 'Relations')) out.relations.push(relationsOf(orm, file, name, value));
  else if (is(value, 'PgSchema') || is(value, 'MySqlSchema')) out.schemas.push({ file, export: name, name: value.schemaName });
  else if (is(value, 'PgSequence')) {
    out.sequences.push({ file, export: name, name: value.seqName, schema: value.schema ?? null, options: value.seqOptions ?? null });
  } else if (is(value, 'PgRole')) out.roles.push({ file, export: name, name: value.name });
}

function failure(error) {
  const stack = String(error?.stack ?? error);
  const frames = [...stack.matchAll(/(file:\/\/[^\s)]+?):(\d+)/g)].map((m) => ({ path: fileURLToPath(m[1]), line: Number(m[2]) }));
  const own = fileURLToPath(import.meta.url);
  const frame = frames.find((f) => job.files[f.path]) ?? frames.find((f) => f.path !== own);
  const file = frame ? relative(frame.path) : null;
  return { message: String(error?.message ?? error), code: error?.code ?? null, file, line: frame?.line ?? null };
}

function finish(result) {
  print(`${job.nonce}${JSON.stringify(result, (_k, v) => (typeof v === 'bigint' ? { $bigint: String(v) } : v))}${job.nonce}`, () => process.reallyExit(0));
}

try {
  const orm = await loadDrizzle(job.entries[0]);
  const seen = new Set();
  for (const entry of job.entries) {
    const exported = await import(pathToFileURL(entry).href);
    const named = Object.keys(exported).filter((name) => name !== 'default');
    for (const name of [...named, ...('default' in exported ? ['default'] : [])]) {
      const value = exported[name];
      if (value === null || !['object', 'function'].includes(typeof value) || seen.has(value)) continue;
      seen.add(value);
      guarded({ file: relative(entry), line: 1, table: name }, name, () => collect(orm, relative(entry), name, value), null);
    }
  }
  finish({ ...out, errors, stubs: [...missing].sort(), stubsTouched: [...touched].sort(), version: orm.version });
} catch (error) {
  finish({ failure: failure(error) });
}
