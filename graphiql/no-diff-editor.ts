/**
 * Monaco's entry point imports its diff editors, which GraphiQL never opens: the build replaces them with
 * these.
 */
export class DiffEditorWidget {}
export class MultiDiffEditorWidget {}
