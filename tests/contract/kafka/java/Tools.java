import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.PrintStream;
import java.lang.reflect.InvocationTargetException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.common.utils.Exit;

/** Runs command line programs one after the other in one JVM: a line of JSON for each asks for one, and a line tells what it printed. */
public class Tools {
    private static final ObjectMapper JSON = new ObjectMapper();

    /** What a program is left by, where it would have ended the JVM; some catch it and try to end once more. */
    private static class Exited extends RuntimeException {
        Exited() {
            super(null, null, false, false);
        }
    }

    private record Result(int status, String output) {}

    /** Standard output for good: some programs keep the stream they first saw. */
    private static class Output extends OutputStream {
        private final ByteArrayOutputStream held = new ByteArrayOutputStream();

        @Override
        public synchronized void write(int one) {
            held.write(one);
        }

        @Override
        public synchronized void write(byte[] bytes, int from, int length) {
            held.write(bytes, from, length);
        }

        synchronized String take() {
            String text = held.toString(StandardCharsets.UTF_8);
            held.reset();
            return text;
        }
    }

    public static void main(String[] arguments) throws Exception {
        BufferedReader asked = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        PrintStream told = System.out;
        PrintStream failed = System.err;
        Thread.setDefaultUncaughtExceptionHandler((thread, thrown) -> thrown.printStackTrace(failed));
        Output output = new Output();
        System.setOut(new PrintStream(output, true, StandardCharsets.UTF_8));
        System.setErr(System.out);
        AtomicReference<Result> left = new AtomicReference<>();
        Exit.Procedure leave = (status, message) -> {
            left.compareAndSet(null, new Result(status, output.take()));
            throw new Exited();
        };
        Exit.setExitProcedure(leave);
        Exit.setHaltProcedure(leave);
        List<Runnable> atEnd = new ArrayList<>();
        Exit.setShutdownHookAdder((name, hook) -> atEnd.add(hook));
        for (String line = asked.readLine(); line != null; line = asked.readLine()) {
            JsonNode request = JSON.readTree(line);
            System.setIn(new ByteArrayInputStream(request.get("input").asText().getBytes(StandardCharsets.UTF_8)));
            int status = run(request.get("main").asText(), JSON.convertValue(request.get("arguments"), String[].class));
            atEnd.forEach(Runnable::run);
            atEnd.clear();
            Result ended = new Result(status, output.take());
            Result first = left.getAndSet(null);
            told.println(JSON.writeValueAsString(first == null ? ended : first));
            told.flush();
        }
    }

    private static int run(String name, String[] arguments) throws ReflectiveOperationException {
        try {
            Class.forName(name).getMethod("main", String[].class).invoke(null, (Object) arguments);
            return 0;
        } catch (InvocationTargetException thrown) {
            thrown.getCause().printStackTrace();
            return 1;
        }
    }
}
