package service;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;

public final class Main {
  /** How long requests in flight may take once the service is asked to end. */
  private static final int STOP_SECONDS = 8;

  public static void main(String[] args) throws IOException {
    var name = envOr("ISLET_SERVICE", "my-service");
    var host = envOr("HOST", "127.0.0.1");
    var port = Integer.parseInt(envOr("PORT", "3000"));

    HttpServer server = App.create(name, new InetSocketAddress(host, port));
    server.start();
    System.out.printf("%s listens on http://%s:%d%n", name, host, port);

    // No new requests arrive by now: finish those in flight, then end.
    Runtime.getRuntime().addShutdownHook(new Thread(() -> App.stop(server, STOP_SECONDS)));
  }

  private static String envOr(String name, String fallback) {
    var value = System.getenv(name);
    return value == null || value.isEmpty() ? fallback : value;
  }
}
