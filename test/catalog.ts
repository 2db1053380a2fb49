import { withClient } from './setup/postgres.ts';

/** One line for each object of a database, sorted by name: its kind, its name and its definition. */
export async function catalogOf(url: string): Promise<string[]> {
  return withClient(url, async (client) => {
    const { rows } = await client.query<{ line: string }>(`${objects} order by line`);
    return rows.map(({ line }) => line);
  });
}

// Grants to the owner are listed as such, because two databases may belong to different roles.
const objects = `
  with relation as (
    select pg_class.*, pg_class.oid::regclass as name from pg_class
    where not relnamespace = any (array['pg_catalog', 'information_schema', 'pg_toast']::regnamespace[])
  ), routine as (
    select *, oid::regprocedure as name from pg_proc
    where not pronamespace = any (array['pg_catalog', 'information_schema']::regnamespace[])
  ), privilege as (
    select format('%s', name) as target, relowner as owner, item.* from relation,
      aclexplode(coalesce(relacl, acldefault(case relkind when 'S' then 's'::"char" else 'r' end, relowner))) item
      where relkind in ('r', 'v', 'S')
    union all
    select format('%s.%s', name, attname), relowner, item.* from relation
      join pg_attribute on attrelid = relation.oid, aclexplode(attacl) item
    union all
    select format('%s', name), proowner, item.* from routine, aclexplode(coalesce(proacl, acldefault('f', proowner))) item
  )
  select format('relation %s: kind %s, persistence %s, options %s, row security %s',
      name, relkind, relpersistence, reloptions, relrowsecurity) as line
    from relation where relkind not in ('i', 'I')
  union all
  select format('column %s.%s: %s, collation %s, not null %s, identity "%s", generated "%s", default %s',
      name, attname, format_type(atttypid, atttypmod), attcollation::regcollation, attnotnull, attidentity,
      attgenerated, pg_get_expr(adbin, adrelid))
    from relation join pg_attribute on attrelid = relation.oid
    left join pg_attrdef on adrelid = relation.oid and adnum = attnum
    where relkind in ('r', 'v') and attnum > 0 and not attisdropped
  union all
  select format('constraint %s of %s: %s, validated %s', conname, name, pg_get_constraintdef(c.oid), convalidated)
    from pg_constraint c join relation on relation.oid = conrelid
  union all
  select format('index %s: %s, valid %s', name, pg_get_indexdef(indexrelid), indisvalid)
    from pg_index join relation on relation.oid = indexrelid
  union all
  select format('trigger %s of %s: %s, enabled %s', tgname, name, pg_get_triggerdef(t.oid), tgenabled)
    from pg_trigger t join relation on relation.oid = tgrelid where not tgisinternal
  union all
  select format('function %s: %s', name, pg_get_functiondef(oid)) from routine
  union all
  select format('sequence %s: %s from %s by %s, %s to %s, cycle %s',
      name, seqtypid::regtype, seqstart, seqincrement, seqmin, seqmax, seqcycle)
    from pg_sequence join relation on relation.oid = seqrelid
  union all
  select format('collation %s: provider %s, locale %s, deterministic %s', collname, collprovider, colllocale, collisdeterministic)
    from pg_collation where not collnamespace = any (array['pg_catalog', 'information_schema']::regnamespace[])
  union all
  select format('type %s: %s', oid::regtype, typtype) from pg_type
    where typtype <> 'b' and not typnamespace = any (array['pg_catalog', 'information_schema', 'pg_toast']::regnamespace[])
  union all
  select format('extension %s', extname) from pg_extension
  union all
  select format('privilege on %s: %s for %s, grantable %s', target, privilege_type,
      case grantee when owner then 'owner' when 0 then 'public' else grantee::regrole::text end, is_grantable)
    from privilege`;
