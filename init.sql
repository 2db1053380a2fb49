-- The whole database of Questline, for PostgreSQL 18 or later: `psql -f init.sql` on an empty database creates what
-- `migrations/` creates step by step; a test compares the two, and the entities.
--
-- Conventions: singular table names; UUIDv7 keys; timestamptz(3), because cursors have milliseconds; every constraint
-- and index has a name; every rule of the domain that SQL can express is a constraint.

set client_min_messages = warning;

-- ----------------------------------------------------------------------------------------------- migrations

-- The files of `migrations/` that this database has applied; the end of this file lists them all.
create table migration (
  name text not null,
  applied_at timestamptz(3) default now() not null,
  constraint migration_pkey primary key (name)
);

-- ------------------------------------------------------------------------------------------------ functions

create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception '% is append-only', tg_table_name using errcode = 'restrict_violation';
end $$;

-- Text as a search compares it, apart from its case: without accents, vowel points, invisible characters, and styles
-- and widths of letters.
create function search_letters(given text) returns text language plpgsql immutable strict parallel safe as $$
declare
  letters text collate pg_unicode_fast := given;
begin
  if octet_length(given) = char_length(given) then
    return given;
  end if;
  letters := normalize(letters, nfkd);
  letters := regexp_replace(letters,
    '[\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670'
    '\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed\u093c\u00ad\u1ab0-\u1aff\u1dc0-\u1dff\u200d-\u200f\u202a-\u202e'
    '\u2060-\u206f\u20d0-\u20ff\ufe00-\ufe0f\ufe20-\ufe2f\ufeff\U0001f3fb-\U0001f3ff\U000e0000-\U000e0fff]+', '', 'g');
  letters := normalize(letters, nfc);
  letters := translate(letters, 'øØłŁđĐðÐħĦıŧŦ٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹०१२३४५६७८९', 'oOlLdDdDhHitT012345678901234567890123456789');
  letters := replace(replace(replace(replace(letters, 'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe'), 'þ', 'th');
  letters := replace(replace(replace(replace(letters, 'ẞ', 'SS'), 'Æ', 'AE'), 'Œ', 'OE'), 'Þ', 'TH');
  -- A few characters become many: a tsvector has to hold them all.
  return left(letters, 52000);
end $$;

-- A name in the form in which people are searched by its beginning.
create function search_name(given text) returns text language sql immutable strict parallel safe
  return left(casefold(search_letters(given) collate pg_unicode_fast), 200);

-- The tokenizer of both texts and queries. A word ends at a space or an emoji, which is a word itself; its parts end
-- at punctuation, between letters and digits, and before a capital that follows a small letter. Scripts without spaces
-- give a token of three characters at each character. Tokens are separated by spaces. A token starts with '-' if it
-- continues a word after punctuation, '+' if it does without; '^' if it begins a run of a script without spaces, '~' if
-- it continues one.
create function search_tokens(letters text) returns text language plpgsql immutable strict parallel safe as $$
declare
  tokens text collate pg_unicode_fast := replace(letters, E'\n', ' ');
  ascii constant boolean := octet_length(letters) = char_length(letters);
  -- Thai, Lao, Myanmar, Khmer, kana, Han, Hangul.
  unspaced constant text :=
    '[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u19e0-\u19ff\u3005-\u3007\u3041-\u30fa\u30fc-\u30ff\u3105-\u312f\u31a0-\u31bf'
    '\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff\U00020000-\U0003ffff]';
  flag_or_emoji constant text :=
    '[\U0001f1e6-\U0001f1ff]{2}|[\u2300-\u23ff\u2600-\u27bf\u2b1b\u2b1c\u2b50\u2b55\U0001f000-\U0001faff]';
begin
  -- Most of what is typed is tokens as it is.
  if letters !~ '[^a-z ]|[^ ]{33}|  |^ | $' then
    return letters;
  end if;
  if not ascii then
    tokens := regexp_replace(tokens, unspaced || '+|' || flag_or_emoji, ' \& ', 'g');
    tokens := regexp_replace(tokens, '[[:space:]]+', ' ', 'g');
  end if;
  if strpos(tokens, '++') > 0 or strpos(tokens, '#') > 0 then
    tokens := regexp_replace(tokens, '([[:alpha:]])\+\+(?![[:alnum:]])', '\1plusplus', 'g');
    tokens := regexp_replace(tokens, '([[:alpha:]])#(?![[:alnum:]])', '\1sharp', 'g');
  end if;
  -- Symbols too, but for emoji.
  tokens := regexp_replace(tokens,
    '[[:punct:][:cntrl:]$+<=>^`|~¢-©«-±´-¸»×÷\u02b9-\u02df\u2044\u2052\u200b\u200c\u20a0-\u20cf\u2100-\u22ff\u2400-\u25ff'
    '\u27c0-\u2b1a\u2b1d-\u2b4f\u2b51-\u2b54\u2b56-\u2bff\ufffc\ufffd]+', '-', 'g');
  tokens := btrim(replace(replace(tokens, '- ', ' '), ' -', ' '), ' -');
  tokens := regexp_replace(tokens,
    '([[:lower:]](?=[[:upper:]])|[[:upper:]](?=[[:upper:]][[:lower:]])|[[:alpha:]](?=[[:digit:]])|[[:digit:]](?=[[:alpha:]]))',
    '\1 +', 'g');
  tokens := replace(tokens, '-', ' -');
  if not ascii and tokens ~ unspaced then
    tokens := (
      select string_agg(case when chunk ~ ('^' || unspaced) then (
          select string_agg(case place when 1 then '^' else '~' end || three, ' ') from (
            select place, sign || lead(sign, 1, '') over (order by place) || lead(sign, 2, '') over (order by place) as three
            from string_to_table(chunk, null) with ordinality as signs (sign, place)
          ) as run)
        else chunk end, ' ')
      from string_to_table(tokens, ' ') as chunks (chunk));
  end if;
  -- No token is longer than what is told apart.
  tokens := regexp_replace(tokens, '([^ ]{32})[^ ]+', '\1', 'g');
  tokens := btrim(regexp_replace(tokens, ' {2,}', ' ', 'g'));
  return casefold(tokens);
end $$;

-- The search index of a text: each part, and the rest of its word from each part on without separators. So parts are
-- found whether they are typed apart or as one, and by the beginning of any of them.
create function search_lexemes(tokens text) returns tsvector language plpgsql immutable strict parallel safe as $$
declare
  parts text[];
  lexemes text[];
  place int;
  following int := 0;
  rest text;
  -- So that what is made of many short parts fits into a tsvector; the parts themselves are always there.
  most constant int := case when octet_length(tokens) = char_length(tokens) then 8000 else 1000 end;
begin
  if strpos(tokens, '-') > 0 or strpos(tokens, '+') > 0 then
    parts := string_to_array(tokens, ' ');
    for place in
      select * from (
        select t.place from string_to_table(tokens, ' ') with ordinality as t (token, place)
        where left(token, 1) in ('-', '+') limit most
      ) as going_on order by 1 desc
    loop
      if following = place + 1 then
        rest := left(substr(parts[place], 2) || rest, 32);
        lexemes := lexemes || ('''' || rest || ''':' || place);
      else
        rest := substr(parts[place], 2);
      end if;
      if left(parts[place - 1], 1) not in ('-', '+') then
        lexemes := lexemes || ('''' || left(parts[place - 1] || rest, 32) || ''':' || place - 1);
      end if;
      following := place;
    end loop;
  end if;
  return concat_ws(' ', array_to_string(lexemes, ' '), '''' || (
    select string_agg(part || ''':' || t.place, ' ''')
    from string_to_table(replace(replace(replace(replace(tokens, '-', ''), '+', ''), '^', ''), '~', ''), ' ')
      with ordinality as t (part, place)))::tsvector;
end $$;

-- The query for `search_vector`: each word, or its beginning, has to occur; parts separated by punctuation may occur as
-- one word or one after the other. Null, which finds nothing, if there is no word.
create function search_terms(tokens text) returns tsquery language plpgsql immutable strict parallel safe as $$
declare
  token text;
  -- Of one word, what punctuation separates, and how many parts each has.
  pieces text[] := '{}';
  widths int[] := '{}';
  last int;
  whole text;
  terms text[] := '{}';
begin
  if tokens !~ '[-+^~]' then
    return (select string_agg(distinct format('''%s'':*', word), ' & ') from string_to_table(tokens, ' ') as t (word))::tsquery;
  end if;
  foreach token in array string_to_array(tokens, ' ') || array[''] loop
    last := cardinality(pieces);
    if token like '-%' then
      pieces := pieces || substr(token, 2);
      widths := widths || 1;
      continue;
    elsif token like '+%' then
      pieces[last] := pieces[last] || substr(token, 2);
      widths[last] := widths[last] + 1;
      continue;
    end if;
    whole := array_to_string(pieces, '');
    if last between 2 and 8 and char_length(whole) <= 32 then
      terms := terms || format('(''%s'':* | %s''%s''%s)', whole,
        (select string_agg(format('''%s'' <%s> ', piece, width), '') from unnest(pieces[:last - 1], widths) as p (piece, width)
          where piece is not null),
        -- One character begins too much: it has to be there as it is.
        pieces[last], case when char_length(pieces[last]) > 1 then ':*' else '' end);
    elsif last > 0 then
      terms := terms || format('''%s'':*', left(whole, 32));
      if char_length(whole) > 32 then
        terms := terms || (select array_agg(format('''%s'':*', left(piece, 32))) from unnest(pieces) as piece where char_length(piece) > 2);
      end if;
    end if;
    pieces := '{}';
    widths := '{}';
    -- The end of a run is in the three characters before it.
    if token like '^%' or token like '~___' then
      terms := terms || format('''%s'':*', substr(token, 2));
    elsif token <> '' and token not like '~%' then
      pieces := array[token];
      widths := array[1];
    end if;
  end loop;
  return (select string_agg(distinct term, ' & ') from unnest(terms) as term)::tsquery;
end $$;

create function search_vector(given text) returns tsvector language sql immutable strict parallel safe
  return search_lexemes(search_tokens(search_letters(given)));

-- The query for what is typed in a search box. Case is ignored, and does not separate parts.
create function search_query(words text) returns tsquery language sql immutable strict parallel safe
  return search_terms(search_tokens(lower(search_letters(words) collate pg_unicode_fast)));

-- The order that people expect of names and titles, whatever the locale of the database.
create collation name_order (provider = icu, locale = 'und');

-- ---------------------------------------------------------------------------------------- people and identity

-- One row for each person: what anyone may see (User) and what only its owner and admins may see (Account). The row of
-- a deleted person stays under a pseudonym, because the ledger and purchases refer to it.
create table account (
  id uuid default uuidv7() not null,
  username text collate "C" not null,
  email text collate "C",
  password_hash text,
  display_name text not null,
  avatar_url text,
  role text default 'USER' not null,
  status text default 'NEW' not null,
  suspended_from text,
  time_zone text default 'UTC' not null,
  created_at timestamptz(3) default now() not null,
  updated_at timestamptz(3) default now() not null,
  deleted_at timestamptz(3),
  -- Access tokens issued earlier are no longer valid; in whole seconds, like their claim iat.
  tokens_valid_from timestamptz(3),
  constraint account_pkey primary key (id),
  constraint account_username_check check (username ~ '^[A-Za-z][A-Za-z0-9_.-]{2,29}$'),
  constraint account_email_check check ((email is null) = (deleted_at is not null) and char_length(email) <= 254),
  constraint account_display_name_check check (char_length(display_name) between 1 and 80),
  constraint account_role_check check (role in ('USER', 'ADMIN', 'SERVICE')),
  constraint account_status_check check (status in ('NEW', 'ACTIVE', 'SUSPENDED')),
  constraint account_suspended_from_check check (suspended_from in ('NEW', 'ACTIVE'))
);
create unique index account_username_key on account (lower(username));
create unique index account_email_key on account (lower(email));
create index account_username_prefix_idx on account (lower(username) text_pattern_ops);
create index account_display_name_prefix_idx on account (search_name(display_name) text_pattern_ops);
create index account_email_prefix_idx on account (lower(email) text_pattern_ops);
create index account_created_at_idx on account (created_at, id) where deleted_at is null;
create index account_role_idx on account (role, created_at, id) where deleted_at is null;

-- The username of a deleted person stays reserved for 30 days.
create table retired_username (
  username text collate "C" not null,
  free_at timestamptz(3) not null,
  constraint retired_username_pkey primary key (username),
  constraint retired_username_lower_check check (username = lower(username))
);
create index retired_username_free_at_idx on retired_username (free_at);

create table session (
  id uuid default uuidv7() not null,
  account_id uuid not null,
  provider text,
  user_agent text,
  ip_address text,
  created_at timestamptz(3) default now() not null,
  last_seen_at timestamptz(3) default now() not null,
  expires_at timestamptz(3) not null,
  ended_at timestamptz(3),
  constraint session_pkey primary key (id),
  constraint session_account_id_fkey foreign key (account_id) references account (id)
);
create index session_account_id_idx on session (account_id, last_seen_at, id);
create index session_expires_at_idx on session (expires_at);

-- The refresh tokens of one session form its family: each is used once and names its successor.
create table refresh_token (
  id uuid default uuidv7() not null,
  session_id uuid not null,
  successor_id uuid,
  created_at timestamptz(3) default now() not null,
  expires_at timestamptz(3) not null,
  used_at timestamptz(3),
  constraint refresh_token_pkey primary key (id),
  constraint refresh_token_successor_id_key unique (successor_id),
  constraint refresh_token_used_check check ((used_at is null) = (successor_id is null)),
  constraint refresh_token_session_id_fkey foreign key (session_id) references session (id) on delete cascade
);
create index refresh_token_session_id_idx on refresh_token (session_id);
create index refresh_token_expires_at_idx on refresh_token (expires_at);

-- An account at an OpenID provider, identified by what the provider guarantees to be stable: issuer and subject.
create table identity (
  issuer text not null,
  subject text not null,
  provider text not null,
  account_id uuid not null,
  linked_at timestamptz(3) default now() not null,
  constraint identity_pkey primary key (issuer, subject),
  constraint identity_account_id_provider_key unique (account_id, provider),
  constraint identity_account_id_fkey foreign key (account_id) references account (id)
);

-- The addresses from which a person signed in lately: other people's guesses do not lock them out there.
create table known_address (
  account_id uuid not null,
  ip_address text not null,
  signed_in_at timestamptz(3) default now() not null,
  constraint known_address_pkey primary key (account_id, ip_address),
  constraint known_address_account_id_fkey foreign key (account_id) references account (id)
);
create index known_address_signed_in_at_idx on known_address (signed_in_at);

-- A browser on its way to a provider and back, to sign in or to link the provider to an account. What only that browser
-- knows is stored as hashes.
create table sign_in_flow (
  state_hash text not null,
  provider text not null,
  browser_hash text not null,
  code_verifier text not null,
  nonce text not null,
  return_to text not null,
  account_id uuid,
  session_id uuid,
  proof text,
  expires_at timestamptz(3) not null,
  constraint sign_in_flow_pkey primary key (state_hash),
  constraint sign_in_flow_owner_check check ((account_id is null) = (session_id is null)),
  constraint sign_in_flow_account_id_fkey foreign key (account_id) references account (id)
);
create index sign_in_flow_account_id_idx on sign_in_flow (account_id);
create index sign_in_flow_expires_at_idx on sign_in_flow (expires_at);

-- Valid once, for about a minute: to sign in on the way back from a provider, or to begin to link one.
create table one_time_code (
  code_hash text not null,
  purpose text not null,
  account_id uuid not null,
  provider text not null,
  return_to text,
  session_id uuid,
  proof text,
  expires_at timestamptz(3) not null,
  constraint one_time_code_pkey primary key (code_hash),
  constraint one_time_code_purpose_check check (purpose in ('SIGN_IN', 'LINK')),
  constraint one_time_code_account_id_fkey foreign key (account_id) references account (id)
);
create index one_time_code_account_id_idx on one_time_code (account_id);
create index one_time_code_expires_at_idx on one_time_code (expires_at);

-- What was done to accounts and sessions, and by whom.
create table audit_event (
  id uuid default uuidv7() not null,
  action text not null,
  actor_id uuid,
  subject_id uuid,
  detail jsonb,
  created_at timestamptz(3) default now() not null,
  constraint audit_event_pkey primary key (id),
  constraint audit_event_actor_id_fkey foreign key (actor_id) references account (id),
  constraint audit_event_subject_id_fkey foreign key (subject_id) references account (id)
);
create index audit_event_created_at_idx on audit_event (created_at, id);
create index audit_event_subject_id_idx on audit_event (subject_id, created_at, id);
create index audit_event_actor_id_idx on audit_event (actor_id, created_at, id);
create trigger audit_event_append_only before update or delete or truncate on audit_event
  for each statement execute function refuse_change();

-- The address and device of an event: deleted with the person, while the event stays.
create table audit_origin (
  audit_event_id uuid not null,
  ip_address text,
  user_agent text,
  constraint audit_origin_pkey primary key (audit_event_id),
  constraint audit_origin_audit_event_id_fkey foreign key (audit_event_id) references audit_event (id)
);

-- A key belongs to an account; it is stored in the same transaction as the effect.
create table idempotency_key (
  account_id uuid not null,
  key text not null,
  operation text not null,
  input_hash text not null,
  result jsonb not null,
  created_at timestamptz(3) default now() not null,
  constraint idempotency_key_pkey primary key (account_id, key),
  constraint idempotency_key_key_check check (key ~ '^[ -~]{1,255}$'),
  constraint idempotency_key_account_id_fkey foreign key (account_id) references account (id)
);
create index idempotency_key_created_at_idx on idempotency_key (created_at);

-- ------------------------------------------------------------------------------------------- quests, rewards

create table reward (
  id uuid default uuidv7() not null,
  name text not null,
  currency text not null,
  amount bigint not null,
  version int default 1 not null,
  created_at timestamptz(3) default now() not null,
  updated_at timestamptz(3) default now() not null,
  constraint reward_pkey primary key (id),
  constraint reward_name_check check (char_length(name) between 1 and 200),
  constraint reward_currency_check check (currency in ('GOLD', 'DIAMOND')),
  constraint reward_amount_check check (amount between 1 and 1000000000000)
);
create index reward_created_at_idx on reward (created_at, id);

create table quest (
  id uuid default uuidv7() not null,
  name text not null,
  description text default '' not null,
  event_type text not null,
  event_match jsonb,
  kind text default 'COUNT' not null,
  cadence text default 'NONE' not null,
  goal int default 1 not null,
  auto_claim boolean default false not null,
  max_completions int,
  self_reported boolean default false not null,
  starts_at timestamptz(3),
  ends_at timestamptz(3),
  archived boolean default false not null,
  version int default 1 not null,
  created_at timestamptz(3) default now() not null,
  updated_at timestamptz(3) default now() not null,
  constraint quest_pkey primary key (id),
  constraint quest_name_check check (char_length(name) between 1 and 200),
  constraint quest_description_check check (char_length(description) <= 5000),
  constraint quest_event_type_check check (char_length(event_type) between 3 and 100),
  constraint quest_event_match_check check (jsonb_typeof(event_match) = 'object'),
  constraint quest_kind_check check (kind in ('COUNT', 'STREAK')),
  constraint quest_cadence_check check (cadence in ('NONE', 'DAILY', 'WEEKLY', 'MONTHLY')),
  constraint quest_streak_check check (kind <> 'STREAK' or cadence <> 'NONE'),
  constraint quest_goal_check check (goal between 1 and 1000000),
  constraint quest_max_completions_check check (max_completions >= 1),
  constraint quest_window_check check (starts_at < ends_at)
);
create index quest_created_at_idx on quest (created_at, id);
create index quest_event_type_idx on quest (event_type, created_at, id);

create table quest_reward (
  quest_id uuid not null,
  reward_id uuid not null,
  quantity int default 1 not null,
  position smallint not null,
  constraint quest_reward_pkey primary key (quest_id, reward_id),
  constraint quest_reward_quantity_check check (quantity between 1 and 1000),
  constraint quest_reward_position_check check (position between 0 and 19),
  constraint quest_reward_quest_id_fkey foreign key (quest_id) references quest (id),
  constraint quest_reward_reward_id_fkey foreign key (reward_id) references reward (id)
);
create index quest_reward_reward_id_idx on quest_reward (reward_id);

create table quest_prerequisite (
  quest_id uuid not null,
  prerequisite_id uuid not null,
  position smallint not null,
  constraint quest_prerequisite_pkey primary key (quest_id, prerequisite_id),
  constraint quest_prerequisite_other_check check (quest_id <> prerequisite_id),
  constraint quest_prerequisite_position_check check (position between 0 and 19),
  constraint quest_prerequisite_quest_id_fkey foreign key (quest_id) references quest (id),
  constraint quest_prerequisite_prerequisite_id_fkey foreign key (prerequisite_id) references quest (id)
);
create index quest_prerequisite_prerequisite_id_idx on quest_prerequisite (prerequisite_id);

-- ------------------------------------------------------------------------------------------------- pipeline

create sequence recorded_event_position_seq;

-- An event as it was accepted. `position` is the order in which one person's events are applied; zone and local
-- date are the person's at the time of recording and never change. The source is who recorded it; null for the server
-- itself. The outcome is set when the event is applied: the quests that it moved, and the completions that it brought;
-- null for none.
create table recorded_event (
  id uuid default uuidv7() not null,
  position bigint default nextval('recorded_event_position_seq') not null,
  recorded_by uuid,
  event_id uuid not null,
  event_type text not null,
  account_id uuid not null,
  occurred_at timestamptz(3) not null,
  time_zone text not null,
  local_date text not null,
  data jsonb,
  source text,
  version text,
  self_reported boolean default false not null,
  recorded_at timestamptz(3) default now() not null,
  applied_at timestamptz(3),
  failed_at timestamptz(3),
  attempts int default 0 not null,
  next_attempt_at timestamptz(3) default now() not null,
  moved_quest_ids uuid[],
  completion_ids uuid[],
  constraint recorded_event_pkey primary key (id),
  constraint recorded_event_event_id_key unique nulls not distinct (recorded_by, event_id),
  constraint recorded_event_event_type_check check (char_length(event_type) between 3 and 100),
  constraint recorded_event_local_date_check check (local_date ~ '^\d{4}-\d{2}-\d{2}$'),
  constraint recorded_event_data_check check (jsonb_typeof(data) = 'object'),
  constraint recorded_event_recorded_by_fkey foreign key (recorded_by) references account (id),
  constraint recorded_event_account_id_fkey foreign key (account_id) references account (id)
);
create index recorded_event_pending_idx on recorded_event (account_id, position)
  where applied_at is null and failed_at is null;
create index recorded_event_position_idx on recorded_event (position);
create index recorded_event_account_id_idx on recorded_event (account_id, position);
create index recorded_event_account_id_event_type_idx on recorded_event (account_id, event_type, position);
create index recorded_event_event_type_idx on recorded_event (event_type, position);

create table dead_letter (
  id uuid default uuidv7() not null,
  recorded_event_id uuid not null,
  error text not null,
  attempts int not null,
  failed_at timestamptz(3) default now() not null,
  replayed_at timestamptz(3),
  constraint dead_letter_pkey primary key (id),
  constraint dead_letter_recorded_event_id_fkey foreign key (recorded_event_id) references recorded_event (id) on delete cascade
);
create index dead_letter_open_idx on dead_letter (failed_at, id) where replayed_at is null;
create index dead_letter_recorded_event_id_idx on dead_letter (recorded_event_id);
create unique index dead_letter_recorded_event_id_key on dead_letter (recorded_event_id) where replayed_at is null;

-- The progress of a person in a quest after the latest event that it matched. `unreached` counts the completions that
-- the last replay of late events did not reach again.
create table quest_progress (
  id uuid default uuidv7() not null,
  quest_id uuid not null,
  account_id uuid not null,
  count int default 0 not null,
  completions int default 0 not null,
  unreached int default 0 not null,
  period text,
  period_completed boolean default false not null,
  latest_at timestamptz(3),
  latest_event_id uuid,
  latest_time_zone text,
  updated_at timestamptz(3) default now() not null,
  constraint quest_progress_pkey primary key (id),
  constraint quest_progress_quest_id_account_id_key unique (quest_id, account_id),
  constraint quest_progress_count_check check (count >= 0),
  constraint quest_progress_completions_check check (completions >= 0),
  constraint quest_progress_unreached_check check (unreached between 0 and completions),
  constraint quest_progress_quest_id_fkey foreign key (quest_id) references quest (id),
  constraint quest_progress_account_id_fkey foreign key (account_id) references account (id)
);
create index quest_progress_account_id_idx on quest_progress (account_id, id);

-- The events that a quest matched for a person, in the order of their replay. A quest without a cadence needs no
-- replay: only those of the current run are kept.
create table quest_progress_event (
  quest_id uuid not null,
  account_id uuid not null,
  occurred_at timestamptz(3) not null,
  event_id uuid not null,
  recorded_event_id uuid not null,
  time_zone text not null,
  local_date text not null,
  constraint quest_progress_event_pkey primary key (account_id, quest_id, occurred_at, event_id, recorded_event_id),
  constraint quest_progress_event_quest_id_fkey foreign key (quest_id) references quest (id),
  constraint quest_progress_event_recorded_event_id_fkey foreign key (recorded_event_id) references recorded_event (id) on delete cascade
);
create index quest_progress_event_recorded_event_id_idx on quest_progress_event (recorded_event_id);
create index quest_progress_event_quest_id_idx on quest_progress_event (quest_id);

-- Rewards and events are copied and never change here; `run_length` is how many events or periods the goal required.
create table quest_completion (
  id uuid default uuidv7() not null,
  quest_id uuid not null,
  account_id uuid not null,
  ordinal int not null,
  run_length int not null,
  gold bigint default 0 not null,
  diamond bigint default 0 not null,
  event_ids uuid[] not null,
  completed_at timestamptz(3) default now() not null,
  claimed_at timestamptz(3),
  constraint quest_completion_pkey primary key (id),
  constraint quest_completion_ordinal_key unique (quest_id, account_id, ordinal),
  constraint quest_completion_ordinal_check check (ordinal >= 1),
  constraint quest_completion_rewards_check check (gold between 0 and 9007199254740991 and diamond between 0 and 9007199254740991),
  constraint quest_completion_quest_id_fkey foreign key (quest_id) references quest (id),
  constraint quest_completion_account_id_fkey foreign key (account_id) references account (id)
);
create index quest_completion_account_id_idx on quest_completion (account_id, completed_at, id);
create index quest_completion_claimable_idx on quest_completion (account_id, completed_at, id) where claimed_at is null;

-- -------------------------------------------------------------------------------------------------- products

create table product (
  id uuid default uuidv7() not null,
  sku text not null,
  name text collate name_order not null,
  description text default '' not null,
  image_url text,
  price_currency text not null,
  price_amount bigint not null,
  stock int,
  active boolean default true not null,
  version int default 1 not null,
  created_at timestamptz(3) default now() not null,
  updated_at timestamptz(3) default now() not null,
  deleted_at timestamptz(3),
  search tsvector generated always as (
    setweight(search_vector(sku || ' ' || name), 'A') || setweight(search_vector(description), 'B')
  ) stored,
  constraint product_pkey primary key (id),
  constraint product_sku_check check (sku ~ '^[A-Za-z0-9_.-]{1,64}$'),
  constraint product_name_check check (char_length(name) between 1 and 200),
  constraint product_description_check check (char_length(description) <= 5000),
  constraint product_price_currency_check check (price_currency in ('GOLD', 'DIAMOND')),
  constraint product_price_amount_check check (price_amount between 1 and 1000000000000),
  constraint product_stock_check check (stock >= 0)
);
create unique index product_sku_key on product (sku) where deleted_at is null;
-- A list shows either the active products or the others.
create index product_created_at_idx on product (active, created_at, id) where deleted_at is null;
create index product_name_idx on product (active, name, id) where deleted_at is null;
create index product_price_idx on product (active, price_currency, price_amount, id) where deleted_at is null;
create index product_search_idx on product using gin (search) where deleted_at is null;

create table purchase (
  id uuid default uuidv7() not null,
  account_id uuid not null,
  product_id uuid not null,
  quantity int not null,
  unit_price_currency text not null,
  unit_price_amount bigint not null,
  total_amount bigint generated always as (quantity * unit_price_amount) stored,
  created_at timestamptz(3) default now() not null,
  constraint purchase_pkey primary key (id),
  constraint purchase_quantity_check check (quantity between 1 and 1000),
  constraint purchase_unit_price_currency_check check (unit_price_currency in ('GOLD', 'DIAMOND')),
  constraint purchase_unit_price_amount_check check (unit_price_amount between 1 and 1000000000000),
  constraint purchase_account_id_fkey foreign key (account_id) references account (id),
  constraint purchase_product_id_fkey foreign key (product_id) references product (id)
);
create index purchase_account_id_idx on purchase (account_id, created_at, id);
create index purchase_product_id_idx on purchase (product_id);

-- ---------------------------------------------------------------------------------------------------- ledger

-- A person's wallet has the person's id and a running balance. System wallets are the other side of each movement; they
-- have no running balance, because everybody would have to update the same row.
create table wallet (
  id uuid not null,
  account_id uuid,
  system_name text,
  gold bigint default 0 not null,
  diamond bigint default 0 not null,
  constraint wallet_pkey primary key (id),
  constraint wallet_account_id_key unique (account_id),
  constraint wallet_system_name_key unique (system_name),
  constraint wallet_owner_check check ((account_id is null and system_name is not null) or (account_id = id and system_name is null)),
  constraint wallet_gold_check check (gold between 0 and 9007199254740991),
  constraint wallet_diamond_check check (diamond between 0 and 9007199254740991),
  constraint wallet_account_id_fkey foreign key (account_id) references account (id)
);
insert into wallet (id, system_name) values
  ('00000000-0000-7000-8000-000000000001', 'rewards'),
  ('00000000-0000-7000-8000-000000000002', 'sales'),
  ('00000000-0000-7000-8000-000000000003', 'adjustments');

-- Double entry, append-only. `source_id` is what caused the entry: a completion, a purchase, an adjustment's own id, or
-- the reversed entry; a cause has one entry for each currency.
create table ledger_entry (
  id uuid default uuidv7() not null,
  position bigint generated always as identity,
  wallet_id uuid not null,
  currency text not null,
  amount bigint not null,
  balance_after bigint,
  reason text not null,
  source_id uuid not null,
  completion_id uuid generated always as (case reason when 'QUEST_REWARD' then source_id end) stored,
  purchase_id uuid generated always as (case reason when 'PURCHASE' then source_id end) stored,
  reversed_entry_id uuid generated always as (case reason when 'REVERSAL' then source_id end) stored,
  note text,
  created_at timestamptz(3) default now() not null,
  constraint ledger_entry_pkey primary key (id),
  constraint ledger_entry_source_key unique (source_id, reason, wallet_id, currency),
  constraint ledger_entry_currency_check check (currency in ('GOLD', 'DIAMOND')),
  constraint ledger_entry_amount_check check (amount <> 0),
  constraint ledger_entry_reason_check check (reason in ('QUEST_REWARD', 'PURCHASE', 'ADJUSTMENT', 'REVERSAL')),
  constraint ledger_entry_note_check check (char_length(note) between 1 and 500),
  constraint ledger_entry_wallet_id_fkey foreign key (wallet_id) references wallet (id),
  constraint ledger_entry_completion_id_fkey foreign key (completion_id) references quest_completion (id),
  constraint ledger_entry_purchase_id_fkey foreign key (purchase_id) references purchase (id),
  constraint ledger_entry_reversed_entry_id_fkey foreign key (reversed_entry_id) references ledger_entry (id)
);
create index ledger_entry_wallet_id_idx on ledger_entry (wallet_id, position);
create index ledger_entry_wallet_id_currency_idx on ledger_entry (wallet_id, currency, position);

create trigger ledger_entry_append_only before update or delete or truncate on ledger_entry
  for each statement execute function refuse_change();
-- UPDATE of one column stays allowed: the foreign key of reversals needs it to lock the row that it refers to.
revoke update, delete, truncate on ledger_entry from public, current_user;
grant update (id) on ledger_entry to current_user;

-- Both sides of a movement are inserted in one statement, so each statement sums to zero for each cause.
create function check_double_entry() returns trigger language plpgsql as $$
begin
  if exists (select from added group by source_id, reason, currency having sum(amount) <> 0) then
    raise exception 'the entries of a cause do not sum to zero' using errcode = 'check_violation';
  end if;
  return null;
end $$;
create trigger ledger_entry_double_entry after insert on ledger_entry
  referencing new table as added for each statement execute function check_double_entry();

-- ----------------------------------------------------------------------------------------- posts, collections

create table post (
  id uuid default uuidv7() not null,
  author_id uuid not null,
  title text collate name_order not null,
  body text not null,
  version int default 1 not null,
  created_at timestamptz(3) default now() not null,
  updated_at timestamptz(3) default now() not null,
  search tsvector generated always as (
    setweight(search_vector(title), 'A') || setweight(search_vector(body), 'B')
  ) stored,
  constraint post_pkey primary key (id),
  constraint post_title_check check (char_length(title) between 1 and 200),
  constraint post_body_check check (char_length(body) between 1 and 50000),
  constraint post_author_id_fkey foreign key (author_id) references account (id)
);
create index post_created_at_idx on post (created_at, id);
create index post_updated_at_idx on post (updated_at, id);
create index post_title_idx on post (title, id);
create index post_author_id_created_at_idx on post (author_id, created_at, id);
create index post_author_id_updated_at_idx on post (author_id, updated_at, id);
create index post_author_id_title_idx on post (author_id, title, id);
create index post_search_idx on post using gin (search);

create table collection (
  id uuid default uuidv7() not null,
  owner_id uuid not null,
  name text not null,
  visibility text default 'PUBLIC' not null,
  version int default 1 not null,
  created_at timestamptz(3) default now() not null,
  updated_at timestamptz(3) default now() not null,
  constraint collection_pkey primary key (id),
  constraint collection_name_check check (char_length(name) between 1 and 200),
  constraint collection_visibility_check check (visibility in ('PUBLIC', 'PRIVATE')),
  constraint collection_owner_id_fkey foreign key (owner_id) references account (id)
);
create index collection_created_at_idx on collection (created_at, id) include (owner_id, visibility);
create index collection_public_idx on collection (created_at, id) where visibility = 'PUBLIC';
create index collection_owner_id_idx on collection (owner_id, created_at, id);

create table collection_post (
  collection_id uuid not null,
  post_id uuid not null,
  added_at timestamptz(3) default now() not null,
  constraint collection_post_pkey primary key (collection_id, post_id),
  constraint collection_post_collection_id_fkey foreign key (collection_id) references collection (id) on delete cascade,
  constraint collection_post_post_id_fkey foreign key (post_id) references post (id) on delete cascade
);
create index collection_post_added_at_idx on collection_post (collection_id, added_at, post_id);
create index collection_post_post_id_idx on collection_post (post_id, collection_id);

-- --------------------------------------------------------------------------------------------- notifications

create table notification (
  id uuid default uuidv7() not null,
  account_id uuid not null,
  kind text not null,
  title text not null,
  body text not null,
  subject_type text,
  subject_id uuid,
  read_at timestamptz(3),
  created_at timestamptz(3) default now() not null,
  constraint notification_pkey primary key (id),
  constraint notification_kind_check check (kind in ('QUEST_COMPLETED', 'REWARD_GRANTED', 'PURCHASE_MADE', 'SYSTEM')),
  constraint notification_subject_check check ((subject_type is null) = (subject_id is null)),
  constraint notification_account_id_fkey foreign key (account_id) references account (id)
);
create index notification_account_id_idx on notification (account_id, created_at, id);
create index notification_unread_idx on notification (account_id, created_at, id) where read_at is null;

-- ----------------------------------------------------------------------------------------------- live events

-- The outbox. A row is written in the transaction that caused it, without a `seq`; after the commit the relay assigns
-- the next one, by the position of that transaction. `seq` is the cursor: it grows in commit order, without gaps.
create table live_event (
  id bigint generated always as identity,
  seq bigint,
  topic text not null,
  audience uuid not null,
  payload jsonb not null,
  occurred_at timestamptz(3) default now() not null,
  xid xid8 default pg_current_xact_id() not null,
  constraint live_event_pkey primary key (id),
  constraint live_event_seq_key unique (seq)
);
create index live_event_unsent_idx on live_event (xid, id) where seq is null;
create index live_event_topic_idx on live_event (topic, audience, seq);
-- Finds the events of a collection that others than its owner received, however many they did not receive.
create index live_event_collection_public_idx on live_event (audience, seq)
  where topic = 'collection_changed' and (payload ->> 'visibility' = 'PUBLIC' or payload ->> 'previousVisibility' = 'PUBLIC');

-- The commits whose events have no `seq` yet. A trigger that PostgreSQL runs at COMMIT draws the position, so that a
-- transaction that had committed before then has a lower one. The relay removes the row.
create table live_commit (
  position bigint generated always as identity,
  xid xid8 not null,
  constraint live_commit_pkey primary key (position)
);

-- One row for each transaction, however many events it has: a setting of the transaction marks that it exists.
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

-- The state of each topic's stream, and of all ('*'): the `seq` of its newest event, and of the newest one removed.
create table live_position (
  topic text not null,
  seq bigint default 0 not null,
  expired_seq bigint default 0 not null,
  constraint live_position_pkey primary key (topic)
);
insert into live_position (topic) values ('*');

-- ----------------------------------------------------------------------------------------------- migrations

insert into migration (name) values ('0001-initial'), ('0002-content'), ('0003-identity'),
  ('0004-links'), ('0005-search'), ('0007-outcome-of-events'), ('0008-live-order');
