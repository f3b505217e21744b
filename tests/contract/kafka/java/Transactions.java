import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** Reads from a topic, writes what it makes of it into another one and commits both at once; arguments: bootstrap servers, topic, output topic. */
public class Transactions {
    private static final Duration LIMIT = Duration.ofSeconds(20);

    private final String bootstrap;

    private Transactions(String bootstrap) {
        this.bootstrap = bootstrap;
    }

    public static void main(String[] arguments) {
        new Transactions(arguments[0]).run(arguments[1], arguments[2]);
    }

    private void run(String input, String output) {
        try (KafkaProducer<String, String> producer = producer(null)) {
            for (int number = 0; number < 6; number++) {
                producer.send(new ProducerRecord<>(input, "key", "record " + number));
            }
        }
        process(input, output);
        fence(output);
        goOn(output);
        System.out.println("committed " + read(output, "read_committed"));
        System.out.println("all " + read(output, "read_uncommitted"));
    }

    /** Two rounds that are committed, and one between them that is not. */
    private void process(String input, String output) {
        String group = "g-" + input;
        try (KafkaProducer<String, String> producer = producer("t-" + input); KafkaConsumer<String, String> consumer = consumer(group, "read_committed")) {
            producer.initTransactions();
            consumer.subscribe(List.of(input));
            for (String round : List.of("first", "aborted", "second")) {
                List<ConsumerRecord<String, String>> records = take(consumer, 3);
                producer.beginTransaction();
                Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
                for (ConsumerRecord<String, String> record : records) {
                    ProducerRecord<String, String> made = new ProducerRecord<>(output, record.key(), round + " " + record.value());
                    made.headers().add("from", Long.toString(record.offset()).getBytes(StandardCharsets.UTF_8));
                    producer.send(made);
                    offsets.put(new TopicPartition(input, record.partition()), new OffsetAndMetadata(record.offset() + 1, "of " + round));
                }
                producer.sendOffsetsToTransaction(offsets, consumer.groupMetadata());
                producer.flush();
                if (round.equals("aborted")) {
                    producer.abortTransaction();
                    consumer.committed(offsets.keySet()).forEach((partition, offset) -> consumer.seek(partition, offset.offset()));
                } else {
                    producer.commitTransaction();
                }
                System.out.println(round + " " + consumer.committed(offsets.keySet()).get(new TopicPartition(input, 0)));
            }
        }
    }

    /** A second producer of the same id ends what the first has begun. */
    private void fence(String output) {
        try (KafkaProducer<String, String> first = producer("f-" + output); KafkaProducer<String, String> second = producer("f-" + output)) {
            first.initTransactions();
            first.beginTransaction();
            first.send(new ProducerRecord<>(output, "fenced"));
            first.flush();
            second.initTransactions();
            try {
                first.commitTransaction();
            } catch (KafkaException thrown) {
                System.out.println("fenced " + thrown.getClass().getSimpleName());
            }
            second.beginTransaction();
            second.send(new ProducerRecord<>(output, "second producer"));
            second.commitTransaction();
        }
    }

    /** After an abort a producer goes on with its next transaction. */
    private void goOn(String output) {
        try (KafkaProducer<String, String> producer = producer("o-" + output)) {
            producer.initTransactions();
            producer.beginTransaction();
            producer.send(new ProducerRecord<>(output, "aborted by hand"));
            producer.flush();
            producer.abortTransaction();
            producer.beginTransaction();
            producer.send(new ProducerRecord<>(output, "after an abort"));
            producer.commitTransaction();
        }
    }

    private List<String> read(String topic, String isolation) {
        try (KafkaConsumer<String, String> consumer = consumer(null, isolation)) {
            TopicPartition partition = new TopicPartition(topic, 0);
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            long end = consumer.endOffsets(List.of(partition)).get(partition);
            List<String> values = new ArrayList<>();
            while (consumer.position(partition) < end) {
                consumer.poll(LIMIT).forEach(record -> values.add(record.value()));
            }
            return values;
        }
    }

    private static List<ConsumerRecord<String, String>> take(KafkaConsumer<String, String> consumer, int count) {
        List<ConsumerRecord<String, String>> taken = new ArrayList<>();
        long until = System.nanoTime() + LIMIT.toNanos();
        while (taken.size() < count && System.nanoTime() < until) {
            consumer.poll(Duration.ofMillis(100)).forEach(taken::add);
        }
        return taken;
    }

    private KafkaProducer<String, String> producer(String transactionalId) {
        Map<String, Object> settings = new HashMap<>(Map.of("bootstrap.servers", bootstrap, "compression.type", "lz4"));
        if (transactionalId != null) {
            settings.put("transactional.id", transactionalId);
        }
        return new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer());
    }

    private KafkaConsumer<String, String> consumer(String group, String isolation) {
        Map<String, Object> settings = new HashMap<>(Map.of("bootstrap.servers", bootstrap, "isolation.level", isolation,
                "auto.offset.reset", "earliest", "enable.auto.commit", false, "max.poll.records", 3));
        if (group != null) {
            settings.put("group.id", group);
        }
        return new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer());
    }
}
