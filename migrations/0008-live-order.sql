-- Live events in commit order: each transaction that writes some draws its position while it commits.

alter table live_event add column xid xid8 default pg_current_xact_id() not null;
drop index live_event_unsent_idx;
create index live_event_unsent_idx on live_event (xid, id) where seq is null;

create table live_commit (
  position bigint generated always as identity,
  xid xid8 not null,
  constraint live_commit_pkey primary key (position)
);

create function add_live_commit() returns trigger language plpgsql set search_path from current as $$
declare
  writer text := new.xid;
begin
  if current_setting('questline.live_commit', true) is distinct from writer then
    insert into live_commit (xid) values (new.xid);
    writer := set_config('questline.live_commit', writer, true);
  end if;
  return null;
end $$;
create constraint trigger live_event_commit after insert or update of seq on live_event
  deferrable initially deferred for each row when (new.seq is null) execute function add_live_commit();

-- What waits for the relay now got the xid of this migration, and keeps the order of its ids.
insert into live_commit (xid) select xid from live_event where seq is null group by xid;
