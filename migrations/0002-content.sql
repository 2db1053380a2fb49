-- Products, posts, collections and people: what they are searched by, and what a suspension gives back.

create function search_query(words text) returns tsquery language sql immutable strict parallel safe as $$
  select string_agg(quote_literal(lexeme) || ':*', ' & ')::tsquery from unnest(to_tsvector('simple', words))
$$;

alter table account add column suspended_from text;
alter table account add constraint account_suspended_from_check check (suspended_from in ('NEW', 'ACTIVE'));

create index dead_letter_recorded_event_id_idx on dead_letter (recorded_event_id);

create index live_event_collection_public_idx on live_event (audience, seq)
  where topic = 'collection_changed' and (payload ->> 'visibility' = 'PUBLIC' or payload ->> 'previousVisibility' = 'PUBLIC');
