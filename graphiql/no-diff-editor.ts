/** Monaco's entry point names its diff editors, of which GraphiQL opens none: the build puts these in their place. */
export class DiffEditorWidget {}
export class MultiDiffEditorWidget {}
