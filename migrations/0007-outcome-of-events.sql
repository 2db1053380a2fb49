-- What came of an event: the quests that it moved, and the completions that it brought about.

alter table recorded_event add column moved_quest_ids uuid[];
alter table recorded_event add column completion_ids uuid[];
