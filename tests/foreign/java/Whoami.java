import java.util.Locale;

import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider;
import software.amazon.awssdk.auth.credentials.ProfileCredentialsProvider;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.regions.providers.DefaultAwsRegionProviderChain;
import software.amazon.awssdk.services.sts.StsClient;

/**
 * Asks STS who each profile named on the command line is, by the AWS SDK for Java. An empty name
 * means no profile: what the environment gives. With -profile first, by ProfileCredentialsProvider
 * alone. Prints one JSON object for each: profile, arn or error, and seconds.
 */
public final class Whoami {
    private Whoami() {
    }

    public static void main(String[] words) {
        boolean alone = words.length > 0 && words[0].equals("-profile");
        for (int i = alone ? 1 : 0; i < words.length; i++) {
            String profile = words[i];
            long begun = System.nanoTime();
            String told;
            try {
                told = "\"arn\": " + quoted(arn(profile, alone));
            } catch (RuntimeException exc) {
                told = "\"error\": " + quoted(said(exc));
            }
            double seconds = (System.nanoTime() - begun) / 1e9;
            System.out.printf(Locale.ROOT, "{\"profile\": %s, %s, \"seconds\": %.3f}%n", quoted(profile), told, seconds);
        }
    }

    private static String arn(String profile, boolean alone) {
        DefaultCredentialsProvider.Builder keys = DefaultCredentialsProvider.builder();
        DefaultAwsRegionProviderChain.Builder region = DefaultAwsRegionProviderChain.builder();
        if (!profile.isEmpty()) {
            keys.profileName(profile);
            region.profileName(profile);
        }
        Region where = region.build().getRegion();
        AwsCredentialsProvider provider = alone ? ProfileCredentialsProvider.create(profile) : keys.build();
        try (StsClient client = StsClient.builder().credentialsProvider(provider).region(where)
                .httpClientBuilder(UrlConnectionHttpClient.builder()).build()) {
            return client.getCallerIdentity().arn();
        }
    }

    private static String said(Throwable exc) {
        StringBuilder all = new StringBuilder(String.valueOf(exc.getMessage()));
        for (Throwable cause = exc.getCause(); cause != null; cause = cause.getCause()) {
            all.append(": ").append(cause.getMessage());
        }
        return all.toString();
    }

    private static String quoted(String text) {
        StringBuilder json = new StringBuilder("\"");
        text.codePoints().forEach(c -> {
            if (c == '"' || c == '\\') {
                json.append('\\').appendCodePoint(c);
            } else if (c < 0x20 || c > 0x7e) {
                for (char unit : Character.toChars(c)) {
                    json.append(String.format("\\u%04x", (int) unit));
                }
            } else {
                json.appendCodePoint(c);
            }
        });
        return json.append('"').toString();
    }
}
