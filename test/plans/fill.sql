-- The contents of a large installation on top of the demo data: 50,000 people, 200,000 posts, 50,000 products, and what
-- belongs to them. The demo user has many rows of every kind. Requires a superuser; the result is the same each time.
-- filled.ts names some of it.

begin;
set local synchronous_commit = off;
set local work_mem = '256MB';
set local maintenance_work_mem = '256MB';
-- Foreign keys and triggers would be checked row by row; the rows written here satisfy them anyway.
set local session_replication_role = replica;
select setseed(0.5);

create function pg_temp.id(n int) returns uuid immutable language sql as $$
  select ('019' || lpad(to_hex(n), 9, '0') || '70008000000000000000')::uuid
$$;
-- A start time plus one minute per number.
create function pg_temp.at(n int) returns timestamptz immutable language sql as $$
  select timestamptz '2020-01-01T00:00Z' + n * interval '1 minute'
$$;
create function pg_temp.any_of(most int) returns int volatile language sql as $$
  select 1 + floor(random() * most)::int
$$;

create function pg_temp.syllable(n int) returns text immutable language sql as $$
  select substr('badefigolumaneposirutavewixoyazuhakecidu', 1 + 2 * (n % 20), 2)
$$;

-- The indexes are rebuilt over all rows at once, which is far quicker.
create temporary table made_again on commit drop as
  select indexrelid::regclass as name, pg_get_indexdef(indexrelid) as definition
  from pg_index join pg_class on pg_class.oid = indrelid
  where relnamespace = 'public'::regnamespace and not exists (select from pg_constraint where conindid = indexrelid);
do $$ begin
  execute (select 'drop index ' || string_agg(name::text, ', ') from made_again);
end $$;

-- 5,000 words with the frequencies of a natural language: the second is half as frequent as the first, the third a
-- third as frequent. Texts use them in phrases of five.
create temporary table phrase on commit drop as
  select n, string_agg(pg_temp.syllable(rank) || pg_temp.syllable(rank / 20) || pg_temp.syllable(rank / 400), ' ') as words
  from (select n, floor(5000 ^ random())::int as rank from generate_series(1, 20000) as n, generate_series(1, 5)) as drawn
  group by n;
alter table phrase add column search tsvector generated always as (search_vector(words)) stored;
create index on phrase (n);
analyze phrase;

-- A text made of phrases has the words of its phrases: each phrase is parsed once, instead of each text.
create aggregate pg_temp.joined(tsvector) (sfunc = tsvector_concat, stype = tsvector, initcond = '');
alter table post alter column search drop expression;

create temporary table demo on commit drop as select id from account where username = 'user';

insert into account (id, username, email, password_hash, display_name, role, status, created_at, updated_at)
  select pg_temp.id(number), split_part(words, ' ', 1) || number, split_part(words, ' ', 2) || number || '@example.com',
    'none', words, case when number % 5000 = 0 then 'SERVICE' else 'USER' end, 'ACTIVE', pg_temp.at(number * 4), pg_temp.at(number * 4)
  from generate_series(1, 50000) as number join phrase on n = 1 + number % 20000;
insert into wallet (id, account_id, gold) select id, id, 1000000 from account on conflict do nothing;
insert into session (id, account_id, last_seen_at, expires_at)
  select pg_temp.id(number), pg_temp.id(number), now(), now() + interval '30 days'
  from generate_series(1, 50000) as number;
insert into audit_event (id, action, actor_id, subject_id, created_at)
  select pg_temp.id(number), 'session.started', pg_temp.id(1 + number / 2), pg_temp.id(1 + number / 2), pg_temp.at(number * 2)
  from generate_series(1, 99998) as number;

insert into post (id, author_id, title, body, search, created_at, updated_at)
  select pg_temp.id(number), case when number % 100 = 0 then demo.id else pg_temp.id(pg_temp.any_of(50000)) end,
    title.words, body || coda, setweight(title.search, 'A') || setweight(written.search || search_vector(coda), 'B'),
    pg_temp.at(number), pg_temp.at(number + pg_temp.any_of(100000))
  from demo, phrase as title join (
    select number, string_agg(words, ' ') as body, pg_temp.joined(search) as search,
      case when number % 50 = 0 then ', as QX-' || number || 'B did: 東京都庁' else '' end as coda
    from (select number, pg_temp.any_of(20000) as n from generate_series(1, 200000) as number, generate_series(1, 4 + number % 17 * (number % 17) / 16)) as drawn
    join phrase using (n) group by number
  ) as written on title.n = 1 + number % 20000;

-- One in five is private. The demo user has many, the first of which holds 5,000 posts; the first post is in 2,000.
insert into collection (id, owner_id, name, visibility, created_at, updated_at)
  select pg_temp.id(number), case when number % 60 = 0 then demo.id else pg_temp.id(pg_temp.any_of(50000)) end, words,
    case when number % 5 = 0 then 'PRIVATE' else 'PUBLIC' end, pg_temp.at(number * 6), pg_temp.at(number * 6)
  from demo, generate_series(1, 30000) as number join phrase on n = 1 + number % 20000;
insert into collection_post (collection_id, post_id, added_at)
  select pg_temp.id(number), pg_temp.id(pg_temp.any_of(200000)), pg_temp.at(number * 6 + place)
  from generate_series(1, 30000) as number, generate_series(1, 5) as place
  union all select pg_temp.id(60), pg_temp.id(number * 20), pg_temp.at(number) from generate_series(1, 5000) as number
  union all select pg_temp.id(number * 10), pg_temp.id(1), pg_temp.at(number) from generate_series(1, 2000) as number
  on conflict do nothing;

insert into product (id, sku, name, description, price_currency, price_amount, stock, active, created_at, updated_at, deleted_at)
  select pg_temp.id(number), 'LARGE-' || number, name.words, description.words || ' ' || more.words,
    case when number % 4 = 0 then 'DIAMOND' else 'GOLD' end, pg_temp.any_of(10000), case when number % 3 > 0 then number % 3 * number % 50 end,
    number % 10 > 0, pg_temp.at(number * 4), pg_temp.at(number * 4), case when number % 20 = 7 then pg_temp.at(number * 4) end
  from generate_series(1, 50000) as number join phrase as name on name.n = 1 + number % 20000
    join phrase as description on description.n = 1 + number * 7 % 20000 join phrase as more on more.n = 1 + number * 11 % 20000;
insert into purchase (id, account_id, product_id, quantity, unit_price_currency, unit_price_amount, created_at)
  select pg_temp.id(number), case when number % 20 = 0 then demo.id else pg_temp.id(pg_temp.any_of(50000)) end,
    pg_temp.id(pg_temp.any_of(50000)), 1 + number % 3, case when number % 4 = 0 then 'DIAMOND' else 'GOLD' end, 10, pg_temp.at(number * 2)
  from demo, generate_series(1, 50000) as number;
insert into ledger_entry (id, wallet_id, currency, amount, balance_after, reason, source_id, created_at)
  select pg_temp.id(number * 2), account_id, unit_price_currency, -total_amount, 1000000 - number, 'PURCHASE', id, created_at
  from (select *, row_number() over (order by id)::int as number from purchase) as bought
  union all select pg_temp.id(number * 2 + 1), '00000000-0000-7000-8000-000000000002', unit_price_currency, total_amount, null, 'PURCHASE', id, created_at
  from (select *, row_number() over (order by id)::int as number from purchase) as sold;

insert into notification (id, account_id, kind, title, body, subject_type, subject_id, read_at, created_at)
  select pg_temp.id(number), purchase.account_id, 'PURCHASE_MADE', words, words, 'purchase', purchase.id,
    case when number % 3 > 0 then created_at end, created_at
  from generate_series(1, 50000) as number join purchase on purchase.id = pg_temp.id(number) join phrase on n = 1 + number % 20000;

insert into reward (id, name, currency, amount, created_at)
  select pg_temp.id(number), words, 'GOLD', number, pg_temp.at(number) from generate_series(1, 500) as number join phrase on n = number;
insert into quest (id, name, event_type, goal, archived, created_at)
  select pg_temp.id(number), words, 'large.' || number % 50, 10, number % 5 > 0, pg_temp.at(number * 400)
  from generate_series(1, 500) as number join phrase on n = number;
insert into quest_reward (quest_id, reward_id, quantity, position)
  select pg_temp.id(number), pg_temp.id(number), 1, 0 from generate_series(1, 500) as number;
insert into quest_prerequisite (quest_id, prerequisite_id, position)
  select pg_temp.id(number), pg_temp.id(number - 1), 0 from generate_series(2, 500) as number;
-- Everyone has progress in two quests; the demo user has progress in all.
insert into quest_progress (quest_id, account_id, count, completions)
  select pg_temp.id(1 + (number * 2 + place) % 500), pg_temp.id(number), number % 10, 2
  from generate_series(1, 50000) as number, generate_series(1, 2) as place
  union all select pg_temp.id(number), demo.id, number % 10, 2 from demo, generate_series(1, 500) as number;
insert into recorded_event (id, event_id, event_type, account_id, occurred_at, time_zone, local_date, data, recorded_at, applied_at)
  select pg_temp.id(number), pg_temp.id(number), 'large.' || number % 50,
    case when number % 10 = 0 then demo.id else pg_temp.id(pg_temp.any_of(50000)) end, pg_temp.at(number), 'UTC', '2026-01-01',
    '{"lesson": 1}', pg_temp.at(number), pg_temp.at(number)
  from demo, generate_series(1, 100000) as number;
insert into dead_letter (id, recorded_event_id, error, attempts, failed_at, replayed_at)
  select pg_temp.id(number), pg_temp.id(number), 'It could not be applied.', 5, pg_temp.at(number), case when number % 2 = 0 then pg_temp.at(number) end
  from generate_series(1, 20000) as number;
insert into quest_completion (id, quest_id, account_id, ordinal, run_length, gold, event_ids, completed_at, claimed_at)
  select pg_temp.id(number), pg_temp.id(1 + number % 500), account_id, 100 + number, 10, 10, array[id], recorded_at,
    case when number % 7 > 0 then recorded_at end
  from (select *, row_number() over (order by id)::int as number from recorded_event) as matched where number % 2 = 0;

do $$ declare definition text; begin
  for definition in select made_again.definition from made_again loop execute definition; end loop;
end $$;
commit;
