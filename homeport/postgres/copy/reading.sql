-- Named queries, each after a line `-- name:`. `{user}` is the condition that a namespace `n` is the user's own.

-- name: text_only
-- The beginning of other queries: every table with rows of its own, and the types that have to go as text. A type that
-- is text_only, or that leads to one, has a binary form that holds oids (arrays and composites of the user's types,
-- reg*) or none at all.
WITH RECURSIVE listed AS MATERIALIZED (
  SELECT c.oid, c.relpersistence, format('%I.%I', n.nspname, c.relname) AS name,
         coalesce(x.condition, '') AS condition, x.condition IS NOT NULL AS configuration
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN (SELECT unnest(extconfig) AS oid, unnest(extcondition) AS condition FROM pg_extension) x ON x.oid = c.oid
  WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND {system}
    AND (x.oid IS NOT NULL
         OR NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'))
), ranges AS MATERIALIZED (  -- and multiranges, which PostgreSQL 13 does not know
  SELECT rngtypid AS oid, rngsubtype AS subtype FROM pg_range
  UNION ALL SELECT (to_jsonb(g)->>'rngmultitypid')::oid, rngsubtype FROM pg_range g
), reached(root, oid, in_array) AS (
  SELECT DISTINCT a.atttypid, a.atttypid, false FROM pg_attribute a JOIN listed ON listed.oid = a.attrelid
  WHERE a.attnum > 0 AND NOT a.attisdropped
  UNION
  SELECT r.root, next.oid, next.in_array FROM reached r JOIN pg_type t ON t.oid = r.oid
  LEFT JOIN ranges g ON g.oid = t.oid
  CROSS JOIN LATERAL (VALUES (t.typbasetype, false), (CASE WHEN t.typlen = -1 THEN t.typelem END, true),
                             (g.subtype, false)) AS next(oid, in_array)
  WHERE next.oid <> 0
), text_only AS (
  SELECT r.root FROM reached r JOIN pg_type t ON t.oid = r.oid
  GROUP BY r.root
  HAVING bool_or(t.typtype IN ('c', 'p') OR t.typsend = 0 OR t.typreceive = 0 OR t.typname = 'xml'
                 OR t.typname LIKE 'reg%' OR (r.in_array AND t.oid >= 16384))
)
-- name: tables
-- Every table with rows of its own, the largest first.
{text_only}
SELECT l.name, l.condition, l.relpersistence <> 'u', pg_table_size(l.oid),
       pg_relation_size(l.oid) / current_setting('block_size')::int,
       coalesce((SELECT array_agg(quote_ident(a.attname) ORDER BY a.attnum) FROM pg_attribute a
                 WHERE a.attrelid = l.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''), '{}'),
       NOT EXISTS (SELECT FROM pg_attribute a JOIN text_only x ON x.root = a.atttypid
                   WHERE a.attrelid = l.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '')
FROM listed l WHERE NOT l.configuration OR l.condition <> ''
ORDER BY 4 DESC, 1

-- name: forms
-- Whether a table's rows can be sent in binary form, what columns it has, as text, and which of them are bytea.
{text_only}
SELECT l.name, bool_and(a.atttypid NOT IN (SELECT root FROM text_only)),
       string_agg(format('%I %s', a.attname, format_type(a.atttypid, a.atttypmod)), ', ' ORDER BY a.attname),
       coalesce(array_agg(a.attname::text) FILTER (WHERE 'bytea'::regtype IN (t.oid, t.typbasetype)), '{}')
FROM listed l JOIN pg_attribute a ON a.attrelid = l.oid JOIN pg_type t ON t.oid = a.atttypid
WHERE a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
GROUP BY l.name

-- name: indexes
-- All indexes, with the constraint behind each, if any.
SELECT format('%I.%I', n.nspname, ic.relname), quote_ident(ic.relname), format('%I.%I', tn.nspname, t.relname),
       t.relkind = 'p', ic.relkind = 'I', pg_get_indexdef(i.indexrelid),
       CASE WHEN t.relkind = 'p' THEN 0 WHEN am.amname = 'btree' THEN pg_relation_size(i.indexrelid) + pg_table_size(t.oid) / 4
            ELSE 8 * (pg_relation_size(i.indexrelid) + pg_table_size(t.oid)) END,
       i.indisreplident, i.indisclustered, coalesce(con.contype::text, ''), quote_ident(con.conname),
       coalesce(con.condeferrable, false), coalesce(con.condeferred, false), coalesce(pg_get_constraintdef(con.oid), ''),
       coalesce(to_jsonb(con)->>'conperiod', 'false') = 'true',
       coalesce((SELECT format('%I.%I', pn.nspname, p.relname) FROM pg_inherits h JOIN pg_class p ON p.oid = h.inhparent
                 JOIN pg_namespace pn ON pn.oid = p.relnamespace WHERE h.inhrelid = i.indexrelid), ''),
       coalesce((SELECT array_agg(format('ALTER INDEX %I.%I ALTER COLUMN %s SET STATISTICS %s', n.nspname, ic.relname,
                                         a.attnum, a.attstattarget) ORDER BY a.attnum)
                 FROM pg_attribute a WHERE a.attrelid = i.indexrelid AND a.attstattarget >= 0), '{}'),
       CASE WHEN i.indexprs IS NULL THEN 0 -- ANALYZE looks at 300 rows for each unit of the statistics target
            ELSE pg_table_size(t.oid) * least(1, 300 * current_setting('default_statistics_target')::int
                                                 / greatest(t.reltuples, 1)) END::bigint
FROM pg_index i JOIN pg_class ic ON ic.oid = i.indexrelid JOIN pg_am am ON am.oid = ic.relam JOIN pg_namespace n ON n.oid = ic.relnamespace
JOIN pg_class t ON t.oid = i.indrelid JOIN pg_namespace tn ON tn.oid = t.relnamespace
LEFT JOIN pg_constraint con ON con.conindid = i.indexrelid AND con.conrelid = i.indrelid AND con.contype IN ('p', 'u', 'x')
WHERE {user} AND t.relpersistence <> 't' AND (i.indisvalid OR t.relkind = 'p') AND i.indisready
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = t.oid AND d.deptype = 'e')
ORDER BY 1

-- name: foreign_keys
SELECT quote_ident(con.conname), format('%I.%I', n.nspname, t.relname), format('%I.%I', pn.nspname, p.relname),
       pg_get_constraintdef(con.oid), con.convalidated, 'p' IN (t.relkind, p.relkind), pg_table_size(t.oid)
FROM pg_constraint con JOIN pg_class t ON t.oid = con.conrelid JOIN pg_namespace n ON n.oid = t.relnamespace
JOIN pg_class p ON p.oid = con.confrelid JOIN pg_namespace pn ON pn.oid = p.relnamespace
WHERE con.contype = 'f' AND con.conparentid = 0 AND {user}
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = t.oid AND d.deptype = 'e')
ORDER BY 2, 1

-- name: views
-- Materialized views, and which of them each reads, directly or through plain views.
WITH RECURSIVE edges AS (
  SELECT DISTINCT r.ev_class AS reader, d.refobjid AS read
  FROM pg_rewrite r JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid
  WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid <> r.ev_class
), reads AS (
  SELECT reader, read FROM edges
  UNION
  SELECT reads.reader, edges.read FROM reads JOIN edges ON edges.reader = reads.read
)
SELECT format('%I.%I', n.nspname, c.relname), c.relispopulated, pg_table_size(c.oid),
       coalesce((SELECT array_agg(format('%I.%I', mn.nspname, m.relname)) FROM reads JOIN pg_class m ON m.oid = reads.read
                 JOIN pg_namespace mn ON mn.oid = m.relnamespace
                 WHERE reads.reader = c.oid AND m.relkind = 'm'), '{}')
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'm' AND {user} ORDER BY 1

-- name: sequences
SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'S' AND c.relpersistence <> 't' AND {user}
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
ORDER BY 1

-- name: large_objects
-- Ranges of a hundred.
SELECT min(oid)::bigint, max(oid)::bigint FROM (
  SELECT oid, (row_number() OVER (ORDER BY oid) - 1) / 100 AS part FROM pg_largeobject_metadata) numbered
GROUP BY part ORDER BY 1

-- name: foreign_tables
SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'f' AND {user} ORDER BY 1

-- name: settings
SELECT split_part(setting, '=', 1), substr(setting, strpos(setting, '=') + 1)
FROM pg_db_role_setting s, unnest(s.setconfig) AS setting
WHERE s.setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database()) AND s.setrole = 0

-- name: search_path
-- What a new session of the application finds names in, as set for its role, for the database, or nowhere; and its role.
SELECT coalesce((SELECT substr(u.setting, length('search_path=') + 1)
                 FROM pg_db_role_setting s CROSS JOIN unnest(s.setconfig) AS u(setting)
                 WHERE starts_with(u.setting, 'search_path=')
                   AND s.setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
                   AND s.setrole IN (0, (SELECT oid FROM pg_roles WHERE rolname = current_user))
                 ORDER BY s.setrole <> 0 DESC, s.setdatabase <> 0 DESC LIMIT 1), '"$user", public'),
       quote_ident(current_user)

-- name: grants
-- What others than the owner may do, in GRANT's words: what, on what, to whom (empty: PUBLIC), with grant option.
SELECT g.privilege_type || coalesce(' (' || quote_ident(o.col) || ')', ''), o.target,
       coalesce((SELECT rolname FROM pg_roles WHERE oid = g.grantee), ''), g.is_grantable
FROM (
  SELECT format('%s %I.%I', CASE c.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, n.nspname, c.relname) AS target,
         NULL::name AS col, c.relowner AS owner, c.relacl AS acl
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f') AND {user}
  UNION ALL
  SELECT format('TABLE %I.%I', n.nspname, c.relname), a.attname, c.relowner, a.attacl
  FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE a.attacl IS NOT NULL AND NOT a.attisdropped AND {user}
  UNION ALL
  SELECT format('ROUTINE %I.%I(%s)', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid)), NULL, p.proowner, p.proacl
  FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE {user}
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
  UNION ALL
  SELECT format('TYPE %I.%I', n.nspname, t.typname), NULL, t.typowner, t.typacl
  FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace WHERE t.typacl IS NOT NULL AND {user}
  UNION ALL
  SELECT format('SCHEMA %I', n.nspname), NULL, n.nspowner, n.nspacl FROM pg_namespace n WHERE {user}
  UNION ALL
  SELECT format('LARGE OBJECT %s', l.oid), NULL, l.lomowner, l.lomacl FROM pg_largeobject_metadata l
) o, aclexplode(o.acl) g
WHERE o.acl IS NOT NULL AND g.grantee <> o.owner
ORDER BY 2, 1, 3

-- name: default_grants
-- The same for what the connected role will make later: after ALTER DEFAULT PRIVILEGES, in a schema or (empty) anywhere.
SELECT g.privilege_type, k.name, coalesce((SELECT rolname FROM pg_roles WHERE oid = g.grantee), ''), g.is_grantable,
       'ALTER DEFAULT PRIVILEGES ' || coalesce('IN SCHEMA ' || quote_ident(n.nspname) || ' ', '')
FROM pg_default_acl d
JOIN (VALUES ('r', 'TABLES'), ('S', 'SEQUENCES'), ('f', 'FUNCTIONS'), ('T', 'TYPES'), ('n', 'SCHEMAS'),
             ('L', 'LARGE OBJECTS')) k(type, name) ON k.type = d.defaclobjtype::text
LEFT JOIN pg_namespace n ON n.oid = d.defaclnamespace, aclexplode(d.defaclacl) g
WHERE g.grantee <> d.defaclrole AND pg_get_userbyid(d.defaclrole) = current_user AND (n.oid IS NULL OR {user})
ORDER BY 5, 2, 1, 3

-- name: revokes
-- What everybody may do from the beginning, taken away where the rights of an object were ever changed; the grants
-- that are left come after. The schema `public` is the target's own.
SELECT format('REVOKE ALL ON ROUTINE %I.%I(%s) FROM PUBLIC', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid))
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE p.proacl IS NOT NULL AND {user}
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
UNION ALL
SELECT format('REVOKE ALL ON TYPE %I.%I FROM PUBLIC', n.nspname, t.typname)
FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace WHERE t.typacl IS NOT NULL AND {user}
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_type'::regclass AND d.objid = t.oid AND d.deptype = 'e')
UNION ALL
SELECT format('REVOKE ALL ON SCHEMA %I FROM PUBLIC', n.nspname)
FROM pg_namespace n WHERE n.nspacl IS NOT NULL AND n.nspname <> 'public' AND {user}
UNION ALL
SELECT 'ALTER DEFAULT PRIVILEGES REVOKE ALL ON ' || CASE d.defaclobjtype WHEN 'f' THEN 'FUNCTIONS' ELSE 'TYPES' END
       || ' FROM PUBLIC'
FROM pg_default_acl d WHERE d.defaclnamespace = 0 AND d.defaclobjtype IN ('f', 'T')
  AND pg_get_userbyid(d.defaclrole) = current_user
ORDER BY 1
