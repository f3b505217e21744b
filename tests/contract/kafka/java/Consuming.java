import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.CooperativeStickyAssignor;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** What consumers do; arguments: bootstrap servers, a topic of four partitions. */
public class Consuming {
    private static final Duration SHORT = Duration.ofMillis(50);
    private static final long LIMIT_NS = Duration.ofSeconds(30).toNanos();

    private final String bootstrap;
    private final String topic;

    private Consuming(String bootstrap, String topic) {
        this.bootstrap = bootstrap;
        this.topic = topic;
    }

    public static void main(String[] arguments) {
        Consuming consuming = new Consuming(arguments[0], arguments[1]);
        consuming.fill();
        consuming.seek();
        consuming.cooperate();
        consuming.comeBack();
    }

    private void fill() {
        Map<String, Object> settings = Map.of("bootstrap.servers", bootstrap);
        try (KafkaProducer<String, String> producer = new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer())) {
            for (int number = 0; number < 40; number++) {
                producer.send(new ProducerRecord<>(topic, number % 4, 1_700_000_000_000L + number * 1000L, null, "record " + number));
            }
        }
    }

    private void seek() {
        TopicPartition first = new TopicPartition(topic, 0);
        TopicPartition second = new TopicPartition(topic, 1);
        try (KafkaConsumer<String, String> consumer = consumer(Map.of())) {
            consumer.assign(List.of(first, second));
            Map<TopicPartition, Long> times = Map.of(first, 1_700_000_012_000L, second, 1_700_000_900_000L);
            Map<TopicPartition, OffsetAndTimestamp> found = consumer.offsetsForTimes(times);
            System.out.println("at a time " + found.get(first) + " and later than all " + found.get(second));
            consumer.seek(first, found.get(first).offset());
            consumer.seekToEnd(List.of(second));
            System.out.println("from a time " + values(consumer, 7));
            consumer.seekToBeginning(List.of(first, second));
            consumer.pause(List.of(second));
            System.out.println("paused " + values(consumer, 10));
            consumer.resume(List.of(second));
            System.out.println("resumed " + values(consumer, 10));
            System.out.println("lag " + consumer.currentLag(first).getAsLong());
            System.out.println("partitions " + consumer.partitionsFor(topic).size() + " here " + consumer.listTopics().containsKey(topic));
        }
    }

    /** A second member takes what the first gives up, and nothing else is taken from it. */
    private void cooperate() {
        Map<String, Object> settings = Map.of("group.id", "c-" + topic, "partition.assignment.strategy", CooperativeStickyAssignor.class.getName());
        Set<TopicPartition> revoked = new TreeSet<>((one, other) -> one.partition() - other.partition());
        try (KafkaConsumer<String, String> first = consumer(settings)) {
            first.subscribe(List.of(topic), new ConsumerRebalanceListener() {
                @Override
                public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
                    revoked.addAll(partitions);
                }

                @Override
                public void onPartitionsAssigned(Collection<TopicPartition> partitions) {}
            });
            pollUntil(() -> first.assignment().size() == 4, first);
            try (KafkaConsumer<String, String> second = consumer(settings)) {
                second.subscribe(List.of(topic));
                pollUntil(() -> first.assignment().size() == 2 && second.assignment().size() == 2, first, second);
                System.out.println("given up " + revoked.equals(second.assignment()));
            }
            pollUntil(() -> first.assignment().size() == 4, first);
            System.out.println("back " + first.assignment().size());
        }
    }

    /** A static member keeps its partitions over a restart, and whoever comes with its name fences it. */
    private void comeBack() {
        Map<String, Object> settings = Map.of("group.id", "s-" + topic, "group.instance.id", "i-" + topic);
        KafkaConsumer<String, String> first = consumer(settings);
        first.subscribe(List.of(topic));
        pollUntil(() -> first.assignment().size() == 4, first);
        first.commitSync();
        int generation = first.groupMetadata().generationId();
        first.close();
        try (KafkaConsumer<String, String> again = consumer(settings); KafkaConsumer<String, String> twin = consumer(settings)) {
            again.subscribe(List.of(topic));
            pollUntil(() -> again.assignment().size() == 4, again);
            System.out.println("generation kept " + (again.groupMetadata().generationId() == generation));
            twin.subscribe(List.of(topic));
            pollUntil(() -> twin.assignment().size() == 4, twin);
            try {
                again.commitSync();
            } catch (KafkaException thrown) {
                System.out.println("fenced " + thrown.getClass().getSimpleName());
            }
        }
    }

    @SafeVarargs
    private static void pollUntil(BooleanSupplier reached, KafkaConsumer<String, String>... consumers) {
        long until = System.nanoTime() + LIMIT_NS;
        while (!reached.getAsBoolean()) {
            if (System.nanoTime() > until) {
                throw new IllegalStateException("it was not reached in time");
            }
            for (KafkaConsumer<String, String> consumer : consumers) {
                consumer.poll(SHORT);
            }
        }
    }

    private static Map<Integer, List<String>> values(KafkaConsumer<String, String> consumer, int count) {
        Map<Integer, List<String>> taken = new TreeMap<>();
        int[] seen = {0};
        long until = System.nanoTime() + LIMIT_NS;
        while (seen[0] < count && System.nanoTime() < until) {
            consumer.poll(SHORT).forEach(record -> {
                taken.computeIfAbsent(record.partition(), partition -> new ArrayList<>()).add(record.offset() + " " + record.value());
                seen[0]++;
            });
        }
        return taken;
    }

    private KafkaConsumer<String, String> consumer(Map<String, Object> more) {
        Map<String, Object> settings = new HashMap<>(Map.of("bootstrap.servers", bootstrap, "auto.offset.reset", "earliest", "enable.auto.commit", false,
                "heartbeat.interval.ms", 500));
        settings.putAll(more);
        return new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer());
    }
}
