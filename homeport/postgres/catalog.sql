-- What a database holds. Each query reads one kind of object of the whole database at once; {user_schema} is the
-- condition on pg_namespace n, {no_extension:<catalog>:<alias>} leaves out what belongs to an extension, {no_part:…}
-- also what belongs to another object (the constructors of a range type).

-- name: database
SELECT current_setting('server_version_num')::int AS version,
       d.datname AS name,
       d.oid::bigint AS oid,
       pg_get_userbyid(d.datdba) AS owner,
       pg_encoding_to_char(d.encoding) AS encoding,
       d.datcollate AS collate,
       d.datctype AS ctype,
       coalesce(to_jsonb(d) ->> 'datlocprovider', 'c') AS provider,
       coalesce(to_jsonb(d) ->> 'datlocale', to_jsonb(d) ->> 'daticulocale') AS locale,
       to_jsonb(d) ->> 'datcollversion' AS collation_version,
       pg_database_size(d.oid) AS size_bytes,
       extract(epoch FROM pg_postmaster_start_time())::float8 AS started,
       extract(epoch FROM clock_timestamp())::float8 AS clock,
       pg_is_in_recovery() AS in_recovery,
       has_database_privilege(d.oid, 'CREATE') AS may_create,
       current_setting('wal_level') AS wal_level,
       current_setting('max_wal_senders')::int
         - (SELECT count(*)::int FROM pg_stat_activity a WHERE a.backend_type = 'walsender') AS wal_senders_left,
       current_setting('max_replication_slots')::int - (SELECT count(*)::int FROM pg_replication_slots) AS slots_left,
       (SELECT setting::bigint * 1024 * 1024 FROM pg_settings WHERE name = 'max_slot_wal_keep_size')
         AS slot_wal_bytes_max,
       current_setting('max_connections')::int AS connections_max,
       (SELECT sum(setting::int)::int FROM pg_settings
         WHERE name IN ('superuser_reserved_connections', 'reserved_connections')) AS connections_reserved,
       (SELECT count(*)::int FROM pg_stat_activity a WHERE a.backend_type = 'client backend') AS connections_used,
       d.datconnlimit AS connections_database,
       (SELECT count(*)::int FROM pg_stat_activity a WHERE a.datid = d.oid) AS connections_database_used,
       r.rolconnlimit AS connections_role,
       (SELECT count(*)::int FROM pg_stat_activity a WHERE a.usesysid = r.oid) AS connections_role_used,
       r.rolname AS role,
       r.rolsuper AS is_superuser,
       r.rolreplication OR EXISTS (SELECT FROM pg_roles g WHERE g.rolname = 'rds_replication'
                                   AND pg_has_role(r.oid, g.oid, 'member')) AS may_replicate,
       r.rolsuper OR pg_has_role('pg_signal_backend', 'member') AS may_signal,
       r.rolsuper OR r.rolbypassrls AS bypasses_row_security,
       (SELECT setting::bigint * 1024 * 1024 FROM pg_settings WHERE name = 'max_wal_size') AS wal_bytes_max,
       array(SELECT DISTINCT collname::text FROM pg_collation WHERE collnamespace = 'pg_catalog'::regnamespace
              ORDER BY 1) AS collation_names,
       (SELECT count(*)::int FROM pg_largeobject_metadata) AS large_objects,
       (SELECT count(*)::int FROM pg_largeobject_metadata l
         WHERE NOT pg_has_role(l.lomowner, 'USAGE')) AS large_objects_of_others
  FROM pg_database d, pg_roles r
 WHERE d.datname = current_database() AND r.rolname = current_user

-- name: tables
SELECT c.oid::bigint AS oid, n.nspname AS schema, c.relname AS name,
       c.relkind::text AS kind, c.relpersistence::text AS persistence,
       pg_get_userbyid(c.relowner) AS owner, pg_has_role(c.relowner, 'USAGE') AS is_ours,
       CASE WHEN c.relkind IN ('r', 'm') THEN coalesce(pg_table_size(c.oid), 0) ELSE 0 END AS size_bytes,
       CASE WHEN c.relkind IN ('r', 'm') THEN coalesce(pg_indexes_size(c.oid), 0) ELSE 0 END AS index_bytes,
       CASE WHEN c.relkind IN ('r', 'm') THEN coalesce(pg_relation_size(c.oid), 0) ELSE 0 END
         / current_setting('block_size')::int AS heap_blocks,
       greatest(c.reltuples, 0)::bigint AS rows_estimate,
       c.relreplident::text AS replica_identity,
       c.relrowsecurity AS row_security, c.relforcerowsecurity AS row_security_forced,
       (SELECT p.relname FROM pg_inherits i JOIN pg_class p ON p.oid = i.inhparent WHERE i.inhrelid = c.oid LIMIT 1)
         AS parent,
       c.relispartition AS is_partition,
       pg_get_expr(c.relpartbound, c.oid) AS bound,
       CASE WHEN c.relkind = 'p' THEN pg_get_partkeydef(c.oid) END AS partition_key,
       c.relispopulated AS is_populated,
       coalesce(k.columns, '{}') AS key,
       coalesce(k.is_primary, false) AS has_primary_key,
       coalesce(a.columns, '[]') AS columns
  FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN (
    SELECT DISTINCT ON (i.indrelid) i.indrelid, i.indisprimary AS is_primary,
           array(SELECT t.attname::text FROM unnest(i.indkey::int2[]) WITH ORDINALITY u(number, position)
                   JOIN pg_attribute t ON t.attrelid = i.indrelid AND t.attnum = u.number
                  WHERE u.position <= i.indnkeyatts ORDER BY u.position) AS columns
      FROM pg_index i
     WHERE i.indisunique AND i.indisvalid AND i.indimmediate AND i.indpred IS NULL AND i.indexprs IS NULL
       AND NOT EXISTS (SELECT FROM pg_attribute t WHERE t.attrelid = i.indrelid AND t.attnum = ANY (i.indkey)
                          AND NOT t.attnotnull)
     ORDER BY i.indrelid, i.indisprimary DESC, i.indnkeyatts, i.indexrelid
  ) k ON k.indrelid = c.oid
  LEFT JOIN (
    SELECT t.attrelid, json_agg(json_build_object(
             'name', t.attname, 'type', format_type(t.atttypid, t.atttypmod), 'not_null', t.attnotnull,
             'default', pg_get_expr(f.adbin, f.adrelid), 'identity', t.attidentity, 'generated', t.attgenerated,
             'collation', CASE WHEN t.attcollation <> y.typcollation THEN o.collname END) ORDER BY t.attnum) AS columns
      FROM pg_attribute t
      JOIN pg_class c ON c.oid = t.attrelid AND c.relkind IN ('r', 'p', 'm', 'f')
      JOIN pg_namespace n ON n.oid = c.relnamespace
      JOIN pg_type y ON y.oid = t.atttypid
      LEFT JOIN pg_attrdef f ON f.adrelid = t.attrelid AND f.adnum = t.attnum
      LEFT JOIN pg_collation o ON o.oid = t.attcollation
     WHERE t.attnum > 0 AND NOT t.attisdropped AND {user_schema}
     GROUP BY t.attrelid
  ) a ON a.attrelid = c.oid
 WHERE c.relkind IN ('r', 'p', 'm', 'f') AND {user_schema} AND {no_extension:pg_class:c.oid}
 ORDER BY n.nspname, c.relname

-- name: indexes
SELECT n.nspname AS schema, c.relname AS name, t.relname AS table, pg_get_indexdef(i.indexrelid) AS definition,
       i.indisvalid AND i.indisready AS is_valid, pg_relation_size(i.indexrelid) AS size_bytes
  FROM pg_index i
  JOIN pg_class c ON c.oid = i.indexrelid
  JOIN pg_class t ON t.oid = i.indrelid
  JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE {user_schema} AND {no_extension:pg_class:t.oid}
 ORDER BY n.nspname, c.relname

-- name: constraints
-- Not-null constraints, which are objects from 18 on, are told as columns. What a foreign key is on each partition, its
-- server makes, under names of its own.
SELECT n.nspname AS schema, c.relname AS table, x.conname AS name, x.contype::text AS kind,
       replace(pg_get_constraintdef(x.oid), ' NOT VALID', '') AS definition, x.convalidated AS is_validated,
       x.condeferrable AS is_deferrable
  FROM pg_constraint x
  JOIN pg_class c ON c.oid = x.conrelid
  JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE x.contype <> 'n' AND (x.contype <> 'f' OR x.conparentid = 0) AND {user_schema}
   AND {no_extension:pg_class:c.oid}
 ORDER BY n.nspname, c.relname, x.conname

-- name: sequences
SELECT n.nspname AS schema, c.relname AS name, pg_get_userbyid(c.relowner) AS owner,
       format_type(s.seqtypid, NULL) AS type, s.seqstart AS start, s.seqincrement AS increment, s.seqmin AS minimum,
       s.seqmax AS maximum, s.seqcycle AS cycles, s.seqcache AS cache,
       own.nspname || '.' || oc.relname || '.' || t.attname AS owned_by, coalesce(t.attidentity <> '', false) AS is_identity,
       CASE WHEN has_sequence_privilege(c.oid, 'SELECT,USAGE') THEN pg_sequence_last_value(c.oid) END AS last_value
  FROM pg_sequence s
  JOIN pg_class c ON c.oid = s.seqrelid
  JOIN pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_depend o ON o.classid = 'pg_class'::regclass AND o.objid = c.oid AND o.deptype IN ('a', 'i')
       AND o.refclassid = 'pg_class'::regclass AND o.refobjsubid > 0
  LEFT JOIN pg_attribute t ON t.attrelid = o.refobjid AND t.attnum = o.refobjsubid
  LEFT JOIN pg_class oc ON oc.oid = o.refobjid
  LEFT JOIN pg_namespace own ON own.oid = oc.relnamespace
 WHERE {user_schema} AND {no_extension:pg_class:c.oid}
 ORDER BY n.nspname, c.relname

-- name: views
SELECT n.nspname AS schema, c.relname AS name, c.relkind = 'm' AS is_materialized,
       (SELECT string_agg(a.attname || ' ' || format_type(a.atttypid, a.atttypmod), ', ' ORDER BY a.attnum)
          FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0) AS columns,
       pg_get_viewdef(c.oid) AS definition, pg_get_userbyid(c.relowner) AS owner, c.oid::bigint AS oid,
       array(SELECT DISTINCT d.refobjid::bigint FROM pg_rewrite w
               JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = w.oid
                AND d.refclassid = 'pg_class'::regclass AND d.refobjid <> c.oid
              WHERE w.ev_class = c.oid) AS reads
  FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind IN ('v', 'm') AND {user_schema} AND {no_extension:pg_class:c.oid}
 ORDER BY n.nspname, c.relname

-- name: extensions
SELECT e.extname AS name, e.extversion AS version, n.nspname AS schema
  FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace ORDER BY e.extname

-- name: available
SELECT v.name, v.version, (to_jsonb(v) ->> 'trusted')::boolean OR NOT v.superuser AS is_trusted
  FROM pg_available_extension_versions v ORDER BY v.name, v.version

-- name: schemas
SELECT n.nspname AS name, pg_get_userbyid(n.nspowner) AS owner, pg_has_role(n.nspowner, 'USAGE') AS is_ours
  FROM pg_namespace n WHERE {user_schema} AND {no_extension:pg_namespace:n.oid} ORDER BY n.nspname

-- name: functions
SELECT n.nspname AS schema, p.proname AS name, pg_get_function_identity_arguments(p.oid) AS arguments,
       p.prokind::text AS kind, l.lanname AS language, pg_get_userbyid(p.proowner) AS owner,
       concat_ws(' ', '(' || pg_get_function_arguments(p.oid) || ')', pg_get_function_result(p.oid), p.provolatile,
                 p.proparallel, CASE WHEN p.proisstrict THEN 'strict' END, CASE WHEN p.prosecdef THEN 'security definer' END,
                 CASE WHEN p.proleakproof THEN 'leakproof' END, p.proconfig::text) AS properties,
       p.prosrc AS source,
       CASE WHEN p.prokind <> 'a' THEN pg_get_functiondef(p.oid) ELSE pg_get_function_result(p.oid) END AS definition,
       EXISTS (SELECT FROM pg_depend d
                 LEFT JOIN pg_rewrite w ON d.classid = 'pg_rewrite'::regclass AND w.oid = d.objid
                 JOIN pg_class c ON c.oid = CASE WHEN d.classid = 'pg_class'::regclass THEN d.objid ELSE w.ev_class END
                WHERE d.refclassid = 'pg_proc'::regclass AND d.refobjid = p.oid AND c.relkind IN ('i', 'I', 'm'))
         AS is_maintained
  FROM pg_proc p
  JOIN pg_namespace n ON n.oid = p.pronamespace
  JOIN pg_language l ON l.oid = p.prolang
 WHERE {user_schema} AND {no_part:pg_proc:p.oid}
 ORDER BY n.nspname, p.proname, 3

-- name: triggers
SELECT n.nspname AS schema, c.relname AS table, t.tgname AS name, pg_get_triggerdef(t.oid) AS definition,
       t.tgenabled::text AS enabled
  FROM pg_trigger t
  JOIN pg_class c ON c.oid = t.tgrelid
  JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_proc p ON p.oid = t.tgfoid
  JOIN pg_namespace f ON f.oid = p.pronamespace AND f.nspname <> '{own_schema}'
 WHERE NOT t.tgisinternal AND {user_schema} AND {no_extension:pg_class:c.oid}
 ORDER BY n.nspname, c.relname, t.tgname

-- name: event_triggers
SELECT t.evtname AS name, t.evtevent AS event, pg_get_userbyid(t.evtowner) AS owner, t.evtenabled::text AS enabled
  FROM pg_event_trigger t WHERE {no_extension:pg_event_trigger:t.oid} ORDER BY t.evtname

-- name: types
SELECT n.nspname AS schema, t.typname AS name, t.typtype::text AS kind, pg_get_userbyid(t.typowner) AS owner,
       CASE t.typtype
         WHEN 'e' THEN (SELECT string_agg(quote_literal(e.enumlabel), ', ' ORDER BY e.enumsortorder)
                          FROM pg_enum e WHERE e.enumtypid = t.oid)
         WHEN 'd' THEN format_type(t.typbasetype, t.typtypmod) || CASE WHEN t.typnotnull THEN ' NOT NULL' ELSE '' END
           || coalesce(' DEFAULT ' || t.typdefault, '')
           || coalesce((SELECT string_agg(' ' || pg_get_constraintdef(x.oid), '' ORDER BY x.conname)
                          FROM pg_constraint x WHERE x.contypid = t.oid AND x.contype <> 'n'), '')
         WHEN 'c' THEN (SELECT string_agg(a.attname || ' ' || format_type(a.atttypid, a.atttypmod), ', '
                                          ORDER BY a.attnum)
                          FROM pg_attribute a WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped)
         WHEN 'r' THEN (SELECT format_type(r.rngsubtype, NULL) FROM pg_range r WHERE r.rngtypid = t.oid)
       END AS definition
  FROM pg_type t
  JOIN pg_namespace n ON n.oid = t.typnamespace
  LEFT JOIN pg_class c ON c.oid = t.typrelid
 WHERE t.typtype IN ('e', 'd', 'c', 'r') AND (c.oid IS NULL OR c.relkind = 'c')
   AND {user_schema} AND {no_extension:pg_type:t.oid}
 ORDER BY n.nspname, t.typname

-- name: policies
SELECT n.nspname AS schema, c.relname AS table, p.polname AS name, p.polcmd::text AS command,
       p.polpermissive AS is_permissive, pg_get_expr(p.polqual, p.polrelid) AS visible,
       pg_get_expr(p.polwithcheck, p.polrelid) AS writable
  FROM pg_policy p
  JOIN pg_class c ON c.oid = p.polrelid
  JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE {user_schema} ORDER BY n.nspname, c.relname, p.polname

-- name: others
-- Comments that a copy brings: not those of the system, of extensions and of large objects.
SELECT 'statistics' AS kind, format('%I.%I', n.nspname, x.stxname) AS name, pg_get_statisticsobjdef(x.oid) AS definition
  FROM pg_statistic_ext x JOIN pg_namespace n ON n.oid = x.stxnamespace WHERE {user_schema}
UNION ALL
SELECT 'rule', format('%I.%I: %I', n.nspname, c.relname, w.rulename), pg_get_ruledef(w.oid)
  FROM pg_rewrite w JOIN pg_class c ON c.oid = w.ev_class JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE w.rulename <> '_RETURN' AND {user_schema} AND {no_extension:pg_class:c.oid}
UNION ALL
SELECT 'cast', format('%s AS %s', format_type(k.castsource, NULL), format_type(k.casttarget, NULL)),
       concat_ws(' ', nullif(k.castfunc, 0)::regprocedure, k.castcontext, k.castmethod)
  FROM pg_cast k WHERE k.oid >= 16384 AND {no_part:pg_cast:k.oid}
UNION ALL
SELECT 'operator', o.oid::regoperator::text, concat_ws(' ', o.oprcode, o.oprresult::regtype, o.oprcanmerge, o.oprcanhash)
  FROM pg_operator o JOIN pg_namespace n ON n.oid = o.oprnamespace WHERE {user_schema} AND {no_extension:pg_operator:o.oid}
UNION ALL
SELECT 'comment', concat_ws(' ', i.type, i.identity), d.description
  FROM pg_description d, pg_identify_object(d.classoid, d.objoid, d.objsubid) i
 WHERE d.objoid >= 16384 AND i.type NOT IN ('extension', 'large object', 'event trigger', 'publication', 'subscription')
   AND i.schema IS DISTINCT FROM '{own_schema}' AND coalesce(i.schema, '') !~ '^pg_'
   AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = d.classoid AND e.objid = d.objoid AND e.deptype = 'e')
 ORDER BY 1, 2

-- name: foreign_servers
SELECT s.srvname AS name, w.fdwname AS wrapper, pg_get_userbyid(s.srvowner) AS owner
  FROM pg_foreign_server s JOIN pg_foreign_data_wrapper w ON w.oid = s.srvfdw ORDER BY s.srvname

-- name: publications
SELECT p.pubname AS name, p.puballtables AS all_tables, pg_get_userbyid(p.pubowner) AS owner
  FROM pg_publication p WHERE p.pubname NOT LIKE '{own_schema}\_%' ORDER BY p.pubname

-- name: settings
SELECT coalesce(r.rolname, '') AS role, s.setdatabase <> 0 AS in_database, split_part(u.setting, '=', 1) AS name,
       substr(u.setting, strpos(u.setting, '=') + 1) AS value
  FROM pg_db_role_setting s
  CROSS JOIN unnest(s.setconfig) AS u(setting)
  LEFT JOIN pg_roles r ON r.oid = s.setrole
 WHERE s.setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
   AND (s.setrole = 0 OR r.rolname = current_user)
 ORDER BY 1, 2, 3

-- name: privileges
-- What others than the owner may do: what was granted, or what everybody may do from the beginning. Default privileges
-- (of what the connected role will make) are told with the owner's, so that one that takes everything from others is seen.
SELECT o.schema, o.name, o.kind,
       CASE x.grantee WHEN 0 THEN 'PUBLIC' WHEN o.owner THEN '' ELSE pg_get_userbyid(x.grantee)::text END AS grantee,
       string_agg(x.privilege_type || CASE WHEN x.is_grantable THEN '*' ELSE '' END, ', ' ORDER BY x.privilege_type)
         AS rights
  FROM (
    SELECT n.nspname::text AS schema, c.relname::text AS name,
           CASE c.relkind WHEN 'S' THEN 'sequence' ELSE 'table' END AS kind, c.relowner AS owner, c.relacl AS acl
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relacl IS NOT NULL AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND {user_schema}
       AND {no_extension:pg_class:c.oid}
    UNION ALL
    SELECT n.nspname, c.relname || '.' || a.attname, 'column', c.relowner, a.attacl
      FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE a.attacl IS NOT NULL AND NOT a.attisdropped AND {user_schema} AND {no_extension:pg_class:c.oid}
    UNION ALL
    SELECT '', n.nspname, 'schema', n.nspowner, n.nspacl
      FROM pg_namespace n WHERE n.nspacl IS NOT NULL AND n.nspname <> 'public' AND {user_schema}
    UNION ALL
    SELECT n.nspname, p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')', 'function', p.proowner,
           coalesce(p.proacl, acldefault('f', p.proowner))
      FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE {user_schema} AND {no_part:pg_proc:p.oid}
    UNION ALL
    SELECT n.nspname, t.typname, 'type', t.typowner, coalesce(t.typacl, acldefault('T', t.typowner))
      FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace LEFT JOIN pg_class c ON c.oid = t.typrelid
     WHERE t.typtype IN ('e', 'd', 'c', 'r') AND (c.oid IS NULL OR c.relkind = 'c') AND {user_schema}
       AND {no_extension:pg_type:t.oid}
    UNION ALL
    SELECT '', l.oid::text, 'large object', l.lomowner, l.lomacl FROM pg_largeobject_metadata l WHERE l.lomacl IS NOT NULL
    UNION ALL
    SELECT coalesce(n.nspname, ''), k.name, 'default', d.defaclrole, d.defaclacl
      FROM pg_default_acl d LEFT JOIN pg_namespace n ON n.oid = d.defaclnamespace
      JOIN (VALUES ('r', 'tables'), ('S', 'sequences'), ('f', 'functions'), ('T', 'types'), ('n', 'schemas'),
                   ('L', 'large objects')) k(type, name) ON k.type = d.defaclobjtype::text
     WHERE pg_get_userbyid(d.defaclrole) = current_user
  ) o, aclexplode(o.acl) x
 WHERE x.grantee <> o.owner OR o.kind = 'default'
 GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4

-- name: transactions
SELECT a.pid, coalesce(a.usename, '') AS role, a.application_name AS application, coalesce(a.state, '') AS state,
       extract(epoch FROM clock_timestamp() - a.xact_start)::float8 AS seconds
  FROM pg_stat_activity a
 WHERE a.datname = current_database() AND a.xact_start IS NOT NULL AND a.pid <> pg_backend_pid()
   AND a.xact_start < clock_timestamp() - interval '60 seconds'
UNION ALL
SELECT 0, owner, 'prepared transaction ' || gid, 'prepared', extract(epoch FROM clock_timestamp() - prepared)::float8
  FROM pg_prepared_xacts WHERE database = current_database()
 ORDER BY 5 DESC

-- name: locks
SELECT l.pid, n.nspname AS schema, c.relname AS table, l.mode, l.granted AS is_held
  FROM pg_locks l
  JOIN pg_class c ON c.oid = l.relation
  JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE l.locktype = 'relation' AND l.pid <> pg_backend_pid() AND {user_schema}
   AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
   AND (NOT l.granted OR l.mode IN ('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock'))
 ORDER BY l.pid, 2, 3

-- name: roles
SELECT r.rolname AS name, r.rolcanlogin AS may_log_in FROM pg_roles r ORDER BY r.rolname

-- name: collations
SELECT DISTINCT o.collname AS name, n.nspname AS schema, o.collprovider::text AS provider, o.collversion AS version,
       pg_collation_actual_version(o.oid) AS actual_version
  FROM pg_attribute t
  JOIN pg_class c ON c.oid = t.attrelid AND c.relkind IN ('r', 'p', 'm', 'i')
  JOIN pg_namespace cn ON cn.oid = c.relnamespace AND cn.nspname !~ '^pg_' AND cn.nspname <> 'information_schema'
  JOIN pg_collation o ON o.oid = t.attcollation
  JOIN pg_namespace n ON n.oid = o.collnamespace
 WHERE o.collname <> 'default' ORDER BY 1, 2
