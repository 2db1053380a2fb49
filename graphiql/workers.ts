/** Tells Monaco where its workers are: on this server, next to the page. */
Object.assign(globalThis, {
  MonacoEnvironment: {
    getWorker(_id: string, language: string): Worker {
      const file = language === 'graphql' || language === 'json' ? WORKERS[language] : WORKERS.editor;
      return new Worker(new URL(file, document.baseURI), { type: 'module' });
    },
  },
});
