package service;

import com.sun.net.httpserver.HttpServer;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;

/** Tests with nothing but the JDK: ends with an exception where something is not as it should be. */
public final class AppTest {
  private static final HttpClient CLIENT = HttpClient.newHttpClient();

  public static void main(String[] args) throws Exception {
    HttpServer server = App.create("my-service", new InetSocketAddress("127.0.0.1", 0));
    server.start();
    try {
      var url = "http://127.0.0.1:" + server.getAddress().getPort();
      saysHello(url);
      isReadyAndLive(url);
      knowsWhatItDoesNotHave(url);
      System.out.println("3 tests passed");
    } finally {
      App.stop(server, 1);
    }
  }

  private static void saysHello(String url) throws Exception {
    expect("{\"service\":\"my-service\",\"message\":\"Hello from my-service\"}", get(url + "/").body());
  }

  private static void isReadyAndLive(String url) throws Exception {
    expect(200, get(url + "/readyz").statusCode());
    expect(200, get(url + "/livez").statusCode());
  }

  private static void knowsWhatItDoesNotHave(String url) throws Exception {
    expect(404, get(url + "/nothing").statusCode());
  }

  private static HttpResponse<String> get(String url) throws Exception {
    var request = HttpRequest.newBuilder(URI.create(url)).build();
    return CLIENT.send(request, HttpResponse.BodyHandlers.ofString());
  }

  private static void expect(Object expected, Object actual) {
    if (!expected.equals(actual)) throw new AssertionError("expected " + expected + ", got " + actual);
  }
}
