-- The data for attacks besides the demo data, for names.ts: the oldest posts are long and the newest are ordinary; one
-- person has a long history; one product costs what a completion pays; and there are many live events to replay.

insert into post (author_id, title, body, created_at)
  select id, 'Long ' || number, repeat('🐢', 50000), timestamptz '2019-01-01T00:00Z' + number * interval '1 minute'
  from account, generate_series(1, 100) as number where username = 'latecomer';
insert into post (author_id, title, body, created_at)
  select id, 'Ordinary ' || number, 'A few words, as most posts have them.', now() - number * interval '1 minute'
  from account, generate_series(1, 100) as number where username in ('mallory', 'oscar', 'trudy', 'sybil');

insert into product (sku, name, price_currency, price_amount) values ('BENCH-10', 'For ten gold', 'GOLD', 10);

insert into quest (name, event_type, cadence, goal, self_reported, created_at) values
  ('Late for the bench', 'bench.late', 'DAILY', 1000000, true, now() - interval '5 days'),
  ('Paid by the bench', 'bench.paid', 'NONE', 1, false, now() - interval '5 days');

with recorded as (
  insert into recorded_event
    (recorded_by, event_id, event_type, account_id, occurred_at, time_zone, local_date, self_reported, recorded_at, applied_at)
  select id, gen_random_uuid(), 'bench.late', id, at, 'UTC', to_char(at at time zone 'UTC', 'YYYY-MM-DD'), true, at, at
  from account, lateral (select now() - number * interval '2.8 seconds' as at from generate_series(1, 50000) as number) as moment
  where username = 'latecomer'
  returning *
)
insert into quest_progress_event (quest_id, account_id, occurred_at, event_id, recorded_event_id, time_zone, local_date)
  select quest.id, account_id, occurred_at, event_id, recorded.id, time_zone, local_date
  from recorded join quest on quest.event_type = recorded.event_type;
insert into quest_progress (quest_id, account_id, count, period, latest_at, latest_event_id, latest_time_zone)
  select distinct on (quest_id) quest_id, account_id, count(*) over (partition by quest_id, local_date),
    local_date, occurred_at, event_id, time_zone
  from quest_progress_event join quest on quest.id = quest_id and event_type = 'bench.late'
  order by quest_id, occurred_at desc;

insert into live_event (topic, audience, payload)
  select 'post_changed', '00000000-0000-0000-0000-000000000000',
    json_build_object('action', 'UPDATED', 'postId', post.id, 'authorId', author_id)
  from post, generate_series(1, 250) where title like 'Ordinary %';
select pg_notify('questline_live', '');
