import { Field, ID, InputType, Int } from 'type-graphql';
import { Visibility } from './enums.ts';

@InputType()
export class CreateCollectionInput {
  @Field(() => String)
  name!: string;

  @Field(() => Visibility, { defaultValue: 'PUBLIC' })
  visibility!: keyof typeof Visibility;
}

@InputType()
export class UpdateCollectionInput {
  @Field(() => ID)
  id!: string;

  @Field(() => Int)
  expectedVersion!: number;

  @Field(() => String, { nullable: true })
  name?: string | null;

  @Field(() => Visibility, { nullable: true })
  visibility?: keyof typeof Visibility | null;
}

@InputType()
export class DeleteCollectionInput {
  @Field(() => ID)
  id!: string;
}

@InputType()
export class CollectionPostInput {
  @Field(() => ID)
  collectionId!: string;

  @Field(() => ID)
  postId!: string;
}
