-- Search and the order of names: the same whatever the locale of the database.

-- Text as a search compares it, its case aside: without accents, vowel points, invisible characters and the styles and
-- widths of letters.
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

-- A name as people are searched by its beginning.
create function search_name(given text) returns text language sql immutable strict parallel safe
  return left(casefold(search_letters(given) collate pg_unicode_fast), 200);

-- The one tokeniser, of what is searched and of what is searched for. A word ends at a space and at an emoji, which is a
-- word itself; its parts end at punctuation, between letters and digits, and in front of a capital after a small letter.
-- Scripts without spaces give, from each character on, three. Tokens are separated by spaces. In front of one stands '-'
-- if it goes on a word after punctuation, '+' if it does without; '^' if it begins a run of a script without spaces, '~'
-- if it goes on one.
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

-- What is found of a text: each part, and from each part on its word without what separates the parts, which are found
-- so whether they are typed apart or as one, and by the beginning of any.
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

-- What finds them: each word, or its beginning, has to be there; what punctuation separates, as one or one after the
-- other. Null, which finds nothing, if there is no word.
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

-- What somebody types in a search box, without regard to case, which breaks no word here.
create or replace function search_query(words text) returns tsquery language sql immutable strict parallel safe
  return search_terms(search_tokens(lower(search_letters(words) collate pg_unicode_fast)));

-- Names and titles in the order that people expect, whatever the locale of the database.
create collation name_order (provider = icu, locale = 'und');

alter table post
  drop column search,
  alter column title type text collate name_order,
  add column search tsvector generated always as (
    setweight(search_vector(title), 'A') || setweight(search_vector(body), 'B')
  ) stored;
create index post_search_idx on post using gin (search);

alter table product
  drop column search,
  alter column name type text collate name_order,
  add column search tsvector generated always as (
    setweight(search_vector(sku || ' ' || name), 'A') || setweight(search_vector(description), 'B')
  ) stored;
create index product_search_idx on product using gin (search) where deleted_at is null;

-- These are ASCII: a Turkish locale would make other small letters of theirs.
alter table account
  alter column username type text collate "C",
  alter column email type text collate "C";
alter table retired_username alter column username type text collate "C";

drop index account_display_name_prefix_idx;
create index account_display_name_prefix_idx on account (search_name(display_name) text_pattern_ops);
