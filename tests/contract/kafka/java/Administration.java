import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.AbortTransactionSpec;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.AlterConfigOp.OpType;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.ListConfigResourcesOptions;
import org.apache.kafka.clients.admin.NewPartitionReassignment;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.admin.TransactionState;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.ElectionType;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicCollection;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.acl.AclBindingFilter;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.quota.ClientQuotaFilter;
import org.apache.kafka.common.serialization.StringSerializer;

/** What Kafka's Admin client asks for; arguments: bootstrap servers, the name of a topic that it makes. */
public class Administration {
    private final Admin admin;
    private final String bootstrap;
    private final String topic;
    private final TopicPartition partition;

    private Administration(Admin admin, String bootstrap, String topic) {
        this.admin = admin;
        this.bootstrap = bootstrap;
        this.topic = topic;
        this.partition = new TopicPartition(topic, 0);
    }

    public static void main(String[] arguments) throws Exception {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", arguments[0]))) {
            Administration administration = new Administration(admin, arguments[0], arguments[1]);
            administration.topics();
            administration.producers();
            administration.moves();
            administration.rest();
        }
    }

    private void topics() throws Exception {
        admin.createTopics(List.of(new NewTopic(topic, Optional.of(1), Optional.empty()))).all().get();
        admin.createPartitions(Map.of(topic, NewPartitions.increaseTo(3))).all().get();
        TopicDescription told = admin.describeTopics(List.of(topic)).topicNameValues().get(topic).get();
        System.out.println("topic " + told.partitions().size() + " " + told.partitions().get(2).leader().id() + " " + told.isInternal());
        var byId = admin.describeTopics(TopicCollection.ofTopicIds(List.of(told.topicId()))).topicIdValues();
        System.out.println("by id " + byId.get(told.topicId()).get().name().equals(topic));
        ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
        var changes = List.of(change("cleanup.policy", "compact", OpType.APPEND), change("retention.ms", "-1", OpType.SET));
        admin.incrementalAlterConfigs(Map.of(resource, changes)).all().get();
        var settings = admin.describeConfigs(List.of(resource)).all().get().get(resource);
        System.out.println("settings " + settings.get("cleanup.policy").value() + " " + settings.get("retention.ms").source());
        System.out.println("has settings " + withSettings(ConfigResource.Type.TOPIC).contains(resource));
        System.out.println("client metrics " + withSettings(ConfigResource.Type.CLIENT_METRICS));
    }

    private Collection<ConfigResource> withSettings(ConfigResource.Type type) throws Exception {
        return admin.listConfigResources(Set.of(type), new ListConfigResourcesOptions()).all().get();
    }

    private static AlterConfigOp change(String key, String value, OpType operation) {
        return new AlterConfigOp(new ConfigEntry(key, value), operation);
    }

    private void producers() throws Exception {
        Map<String, Object> settings = Map.of("bootstrap.servers", bootstrap, "transactional.id", "a-" + topic);
        try (KafkaProducer<String, String> producer = new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer())) {
            producer.initTransactions();
            producer.beginTransaction();
            producer.send(new ProducerRecord<>(topic, 0, 9_000L, "k", "late")).get();
            producer.send(new ProducerRecord<>(topic, 0, 5_000L, "k", "early")).get();
            var largest = admin.listOffsets(Map.of(partition, OffsetSpec.maxTimestamp())).partitionResult(partition).get();
            System.out.println("largest " + largest.offset() + " at " + largest.timestamp());
            var state = admin.describeProducers(List.of(partition)).partitionResult(partition).get().activeProducers().get(0);
            System.out.println("producer began at " + state.currentTransactionStartOffset().getAsLong() + " last " + state.lastSequence());
            var open = admin.describeTransactions(List.of("a-" + topic)).description("a-" + topic).get();
            System.out.println("transaction " + open.state() + " " + open.topicPartitions().equals(Set.of(partition)));
            System.out.println("of that producer " + (open.producerId() == state.producerId()));
            admin.fenceProducers(List.of("a-" + topic)).all().get();
            attempt("fenced", () -> {
                producer.commitTransaction();
                return "committed";
            });
        }
        while (admin.describeTransactions(List.of("a-" + topic)).description("a-" + topic).get().state() == TransactionState.PREPARE_ABORT) {
            Thread.onSpinWait();
        }
        System.out.println("end " + admin.listOffsets(Map.of(partition, OffsetSpec.latest())).partitionResult(partition).get().offset());
        attempt("abort", () -> admin.abortTransaction(new AbortTransactionSpec(partition, 123_456, (short) 0, 0)).all().get());
    }

    private void moves() throws Exception {
        attempt("election", () -> admin.electLeaders(ElectionType.PREFERRED, Set.of(partition)).all().get());
        attempt("stay", () -> reassign(Optional.of(new NewPartitionReassignment(List.of(1)))));
        attempt("move", () -> reassign(Optional.of(new NewPartitionReassignment(List.of(7)))));
        attempt("cancel", () -> reassign(Optional.empty()));
        System.out.println("moving " + admin.listPartitionReassignments().reassignments().get());
    }

    private Void reassign(Optional<NewPartitionReassignment> target) throws Exception {
        return admin.alterPartitionReassignments(Map.of(partition, target)).all().get();
    }

    private void rest() throws Exception {
        System.out.println("controller " + admin.describeCluster().controller().get().id() + " of " + admin.describeCluster().nodes().get().size());
        System.out.println("features " + (admin.describeFeatures().featureMetadata().get() != null));
        System.out.println("folders " + admin.describeLogDirs(List.of(1)).allDescriptions().get().get(1).size());
        attempt("credentials", () -> new TreeMap<>(admin.describeUserScramCredentials().all().get()));
        attempt("nobody", () -> admin.describeUserScramCredentials(List.of("nobody")).all().get());
        attempt("quotas", () -> admin.describeClientQuotas(ClientQuotaFilter.all()).entities().get());
        attempt("acls", () -> admin.describeAcls(AclBindingFilter.ANY).values().get());
        attempt("unknown topic", () -> admin.describeTopics(List.of("no-such")).allTopicNames().get());
        attempt("deleted", () -> admin.deleteTopics(List.of(topic)).all().get());
    }

    private static void attempt(String what, Callable<?> call) throws Exception {
        try {
            System.out.println(what + " " + call.call());
        } catch (ExecutionException thrown) {
            System.out.println(what + " " + thrown.getCause().getClass().getSimpleName() + ": " + thrown.getCause().getMessage());
        } catch (KafkaException thrown) {
            System.out.println(what + " " + thrown.getClass().getSimpleName());
        }
    }
}
