-- Links: by which password one was asked for, and which provider a session began through, so that both can be ended.

alter table session add column provider text;
alter table sign_in_flow add column proof text;
alter table one_time_code add column proof text;
