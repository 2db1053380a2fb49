-- Products, posts, collections and people: what they are searched by, and what a suspension gives back.

create function search_query(words text) returns tsquery language sql immutable strict parallel safe as $$
  select string_agg(quote_literal(lexeme) || ':*', ' & ')::tsquery from unnest(to_tsvector('simple', words))
$$;

alter table account add column suspended_from text;
alter table account add constraint account_suspended_from_check check (suspended_from in ('NEW', 'ACTIVE'));

create index dead_letter_recorded_event_id_idx on dead_letter (recorded_event_id);

create index live_event_collection_public_idx on live_event (audience, seq)
  where topic = 'collection_changed' and (payload ->> 'visibility' = 'PUBLIC' or payload ->> 'previousVisibility' = 'PUBLIC');

-- Indexes that hold all by which a list is filtered, so that a page skips nothing and a count reads no rows.

drop index account_created_at_idx, account_role_idx;
create index account_created_at_idx on account (created_at, id) where deleted_at is null;
create index account_role_idx on account (role, created_at, id) where deleted_at is null;

drop index product_created_at_idx, product_name_idx, product_price_idx;
create index product_created_at_idx on product (active, created_at, id) where deleted_at is null;
create index product_name_idx on product (active, name, id) where deleted_at is null;
create index product_price_idx on product (active, price_currency, price_amount, id) where deleted_at is null;

drop index collection_created_at_idx;
create index collection_created_at_idx on collection (created_at, id) include (owner_id, visibility);

create index recorded_event_account_id_event_type_idx on recorded_event (account_id, event_type, position);
