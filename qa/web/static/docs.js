"use strict";
// Swagger UI, set up here since a page's own scripts are not run.
window.SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#swagger",
  presets: [window.SwaggerUIBundle.presets.apis],
  layout: "BaseLayout",
  validatorUrl: null,
  deepLinking: true,
  defaultModelsExpandDepth: 0,
});
