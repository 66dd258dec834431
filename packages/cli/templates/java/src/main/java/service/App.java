package service;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/** The service's HTTP interface. */
public final class App {
  private static final int THREADS = 16;

  public static HttpServer create(String name, InetSocketAddress address) throws IOException {
    var server = HttpServer.create(address, 0);
    server.setExecutor(Executors.newFixedThreadPool(THREADS));
    server.createContext("/", exchange -> answer(exchange, name));
    return server;
  }

  /** Finishes what has begun, for at most this long. */
  public static void stop(HttpServer server, int seconds) {
    if (server.getExecutor() instanceof ExecutorService threads) {
      threads.shutdown();
      try {
        threads.awaitTermination(seconds, TimeUnit.SECONDS);
      } catch (InterruptedException interrupted) {
        Thread.currentThread().interrupt();
      }
    }
    server.stop(0);
  }

  private static void answer(HttpExchange exchange, String name) throws IOException {
    if (!exchange.getRequestMethod().equals("GET")) {
      send(exchange, 405, "{\"error\":\"method not allowed\"}");
      return;
    }
    switch (exchange.getRequestURI().getPath()) {
      case "/" -> send(exchange, 200, "{\"service\":\"%s\",\"message\":\"Hello from %s\"}".formatted(name, name));
      // Ready to take traffic. Check here what every request needs, such as the database.
      case "/readyz" -> send(exchange, 200, "{\"status\":\"ready\"}");
      // Running at all. Must not ask anything else, or one broken database restarts everything.
      case "/livez" -> send(exchange, 200, "{\"status\":\"live\"}");
      default -> send(exchange, 404, "{\"error\":\"not found\"}");
    }
  }

  private static void send(HttpExchange exchange, int status, String json) throws IOException {
    try (exchange) {
      var bytes = json.getBytes(StandardCharsets.UTF_8);
      exchange.getResponseHeaders().set("Content-Type", "application/json");
      exchange.sendResponseHeaders(status, bytes.length);
      exchange.getResponseBody().write(bytes);
    }
  }

  private App() {}
}
