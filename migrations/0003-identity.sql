-- Identity: sessions whose tokens can be ended, sign-in through providers, and addresses that go with their person.

alter table account add column tokens_valid_from timestamptz(3);

create table known_address (
  account_id uuid not null,
  ip_address text not null,
  signed_in_at timestamptz(3) default now() not null,
  constraint known_address_pkey primary key (account_id, ip_address),
  constraint known_address_account_id_fkey foreign key (account_id) references account (id)
);
create index known_address_signed_in_at_idx on known_address (signed_in_at);

create table sign_in_flow (
  state_hash text not null,
  provider text not null,
  browser_hash text not null,
  code_verifier text not null,
  nonce text not null,
  return_to text not null,
  account_id uuid,
  session_id uuid,
  expires_at timestamptz(3) not null,
  constraint sign_in_flow_pkey primary key (state_hash),
  constraint sign_in_flow_owner_check check ((account_id is null) = (session_id is null)),
  constraint sign_in_flow_account_id_fkey foreign key (account_id) references account (id)
);
create index sign_in_flow_account_id_idx on sign_in_flow (account_id);
create index sign_in_flow_expires_at_idx on sign_in_flow (expires_at);

create table one_time_code (
  code_hash text not null,
  purpose text not null,
  account_id uuid not null,
  provider text not null,
  return_to text,
  session_id uuid,
  expires_at timestamptz(3) not null,
  constraint one_time_code_pkey primary key (code_hash),
  constraint one_time_code_purpose_check check (purpose in ('SIGN_IN', 'LINK')),
  constraint one_time_code_account_id_fkey foreign key (account_id) references account (id)
);
create index one_time_code_account_id_idx on one_time_code (account_id);
create index one_time_code_expires_at_idx on one_time_code (expires_at);

alter table audit_event drop column ip_address;
alter table audit_event drop column user_agent;

create table audit_origin (
  audit_event_id uuid not null,
  ip_address text,
  user_agent text,
  constraint audit_origin_pkey primary key (audit_event_id),
  constraint audit_origin_audit_event_id_fkey foreign key (audit_event_id) references audit_event (id)
);

create index refresh_token_expires_at_idx on refresh_token (expires_at);
create index retired_username_free_at_idx on retired_username (free_at);
