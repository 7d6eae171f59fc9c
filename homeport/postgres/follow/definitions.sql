-- Everything that a schema says and a delta does not need: kind, name, and what it is, in a form that one server writes
-- the same way as long as nobody changes it. Columns and keys of tables are `captured`; here is the rest. Without what
-- is Homeport's, an extension's, or a server's own; and without what changes by itself (sizes, values, statistics).
SELECT 'schema' AS kind, quote_ident(n.nspname) AS name, ''::text AS definition
  FROM pg_namespace n WHERE {user} AND {no_extension:pg_namespace:n.oid}
UNION ALL
SELECT 'extension', quote_ident(e.extname), n.nspname::text
  FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
UNION ALL
SELECT CASE c.relkind WHEN 'f' THEN 'foreign table' ELSE 'table' END, format('%I.%I', n.nspname, c.relname),
       concat_ws(' ', c.relkind, c.relpersistence, c.relrowsecurity, c.relforcerowsecurity, c.relreplident,
                 pg_get_expr(c.relpartbound, c.oid), CASE WHEN c.relkind = 'p' THEN pg_get_partkeydef(c.oid) END,
                 (SELECT string_agg(i.inhparent::regclass::text, ' ' ORDER BY i.inhseqno) FROM pg_inherits i
                   WHERE i.inhrelid = c.oid))
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind IN ('r', 'p', 'f') AND c.relpersistence <> 't' AND {user} AND {no_extension:pg_class:c.oid}
UNION ALL
SELECT 'column', format('%I.%I.%I', n.nspname, c.relname, a.attname),
       concat_ws(' ', format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity, a.attgenerated,
                 nullif(a.attcollation, 0)::regcollation, pg_get_expr(f.adbin, f.adrelid))
  FROM pg_attribute a
  JOIN pg_class c ON c.oid = a.attrelid
  JOIN pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_attrdef f ON f.adrelid = a.attrelid AND f.adnum = a.attnum
 WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'f') AND c.relpersistence <> 't' AND {user}
   AND {no_extension:pg_class:c.oid}
UNION ALL
-- One that is being built, or rebuilt beside the old one, is none yet.
SELECT 'index', format('%I.%I', n.nspname, c.relname),
       concat_ws(' ', pg_get_indexdef(i.indexrelid), i.indisreplident)
  FROM pg_index i
  JOIN pg_class c ON c.oid = i.indexrelid
  JOIN pg_class t ON t.oid = i.indrelid
  JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE t.relkind IN ('r', 'p', 'm') AND t.relpersistence <> 't' AND (i.indisvalid OR t.relkind = 'p') AND {user}
   AND {no_extension:pg_class:t.oid}
UNION ALL
SELECT 'constraint', format('%I.%I: %I', n.nspname, c.relname, x.conname), pg_get_constraintdef(x.oid)
  FROM pg_constraint x JOIN pg_class c ON c.oid = x.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE x.contype <> 'n' AND c.relpersistence <> 't' AND {user} AND {no_extension:pg_class:c.oid}
UNION ALL
SELECT 'sequence', format('%I.%I', n.nspname, c.relname),
       concat_ws(' ', format_type(s.seqtypid, NULL), s.seqstart, s.seqincrement, s.seqmin, s.seqmax, s.seqcache, s.seqcycle)
  FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relpersistence <> 't' AND {user} AND {no_extension:pg_class:c.oid}
UNION ALL
SELECT CASE c.relkind WHEN 'm' THEN 'materialized view' ELSE 'view' END, format('%I.%I', n.nspname, c.relname),
       concat_ws(' ', pg_get_viewdef(c.oid), c.reloptions::text)
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind IN ('v', 'm') AND c.relpersistence <> 't' AND {user} AND {no_extension:pg_class:c.oid}
UNION ALL
SELECT CASE p.prokind WHEN 'p' THEN 'procedure' WHEN 'a' THEN 'aggregate' ELSE 'function' END,
       format('%I.%I(%s)', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid)),
       CASE WHEN p.prokind <> 'a' THEN pg_get_functiondef(p.oid)
            ELSE (SELECT concat_ws(' ', pg_get_function_result(p.oid), g.aggtransfn::regproc, g.aggfinalfn::regproc,
                                   g.aggcombinefn::regproc, g.aggtranstype::regtype, g.agginitval)
                    FROM pg_aggregate g WHERE g.aggfnoid = p.oid) END
  FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE {user} AND {no_extension:pg_proc:p.oid}
UNION ALL
SELECT 'trigger', format('%I.%I: %I', n.nspname, c.relname, t.tgname), concat_ws(' ', pg_get_triggerdef(t.oid), t.tgenabled)
  FROM pg_trigger t
  JOIN pg_class c ON c.oid = t.tgrelid
  JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_proc p ON p.oid = t.tgfoid
 WHERE NOT t.tgisinternal AND p.pronamespace <> to_regnamespace('{own}')::oid AND c.relpersistence <> 't' AND {user}
   AND {no_extension:pg_class:c.oid}
UNION ALL
SELECT 'rule', format('%I.%I: %I', n.nspname, c.relname, r.rulename), concat_ws(' ', pg_get_ruledef(r.oid), r.ev_enabled)
  FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE r.rulename <> '_RETURN' AND c.relpersistence <> 't' AND {user} AND {no_extension:pg_class:c.oid}
UNION ALL
SELECT 'policy', format('%I.%I: %I', n.nspname, c.relname, p.polname),
       concat_ws(' ', p.polcmd, p.polpermissive, pg_get_expr(p.polqual, p.polrelid),
                 pg_get_expr(p.polwithcheck, p.polrelid), p.polroles::regrole[]::text)
  FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE {user}
UNION ALL
SELECT 'type', format('%I.%I', n.nspname, t.typname),
       CASE t.typtype
         WHEN 'e' THEN (SELECT string_agg(quote_literal(e.enumlabel), ', ' ORDER BY e.enumsortorder)
                          FROM pg_enum e WHERE e.enumtypid = t.oid)
         WHEN 'd' THEN concat_ws(' ', format_type(t.typbasetype, t.typtypmod), t.typnotnull, t.typdefault,
           (SELECT string_agg(pg_get_constraintdef(x.oid), ' ' ORDER BY x.conname)
              FROM pg_constraint x WHERE x.contypid = t.oid))
         WHEN 'c' THEN (SELECT string_agg(a.attname || ' ' || format_type(a.atttypid, a.atttypmod), ', ' ORDER BY a.attnum)
                          FROM pg_attribute a WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped)
         WHEN 'r' THEN (SELECT format_type(r.rngsubtype, NULL) FROM pg_range r WHERE r.rngtypid = t.oid)
       END
  FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace LEFT JOIN pg_class c ON c.oid = t.typrelid
 WHERE t.typtype IN ('e', 'd', 'c', 'r') AND (c.oid IS NULL OR c.relkind = 'c') AND {user}
   AND {no_extension:pg_type:t.oid}
UNION ALL
SELECT 'statistics', format('%I.%I', n.nspname, x.stxname), pg_get_statisticsobjdef(x.oid)
  FROM pg_statistic_ext x JOIN pg_namespace n ON n.oid = x.stxnamespace WHERE {user}
