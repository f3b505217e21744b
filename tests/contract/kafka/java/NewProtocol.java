import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.serialization.StringDeserializer;

/** Joins a group by the consumer protocol (KIP-848); arguments: bootstrap servers, topic. */
public class NewProtocol {
    public static void main(String[] arguments) {
        Map<String, Object> settings = Map.of("bootstrap.servers", arguments[0], "group.id", "n-" + arguments[1], "group.protocol", "consumer");
        try (KafkaConsumer<String, String> consumer = new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer())) {
            consumer.subscribe(List.of(arguments[1]));
            for (long until = System.nanoTime() + Duration.ofSeconds(20).toNanos(); System.nanoTime() < until && consumer.assignment().isEmpty(); ) {
                consumer.poll(Duration.ofMillis(100));
            }
            System.out.println("assigned " + consumer.assignment().size());
        } catch (KafkaException thrown) {
            System.out.println(thrown.getClass().getSimpleName() + ": " + thrown.getMessage());
        }
    }
}
