// Runs a declarative Jenkinsfile as Jenkins does, with what it uses of Jenkins bound to the real thing: `sh` runs,
// `parallel` is parallel, `checkout` clones, `junit` parses, `post` runs. What it does not know it refuses, as
// Jenkins would before anything runs.
//   groovy jenkins.groovy BUILD.json
// The file gives repository, workspace, archive, report, parameters and credentials. The log goes to stdout; the
// report is one JSON document: result, tree of stages, tests, parameters, options, archived files.
import groovy.json.JsonOutput
import groovy.json.JsonSlurper
import groovy.transform.CompileStatic
import groovy.transform.InheritConstructors
import java.util.concurrent.Executors
import java.util.concurrent.TimeUnit

/** The Jenkinsfile is none that Jenkins would run. */
@InheritConstructors
class Refused extends RuntimeException { }

/** A step failed; the stage fails with it. */
@InheritConstructors
class StepFailed extends RuntimeException { }

/** A step was ended from outside: its time was over, or a branch beside it had failed. */
@InheritConstructors
class Interrupted extends RuntimeException { }

/** What steps of a stage run under: until when, and whether somebody has given up. */
class Frame {
    final Frame above
    final long deadline_ms
    volatile boolean given_up = false

    Frame(Frame above, Integer minutes) {
        this.above = above
        long limit = minutes == null ? Long.MAX_VALUE : System.currentTimeMillis() + minutes * 60_000L
        this.deadline_ms = above == null ? limit : Math.min(limit, above.deadline_ms)
    }

    String reasonToEnd() {
        if (System.currentTimeMillis() > deadline_ms) {
            return 'its time is over'
        }
        given_up ? 'a branch beside it failed' : above?.reasonToEnd()
    }
}

/** One shell command, as the step `sh` runs it. */
@CompileStatic
class Shell {
    static final long LOOK_EVERY_MS = 20

    static int run(String script, File folder, Map<String, String> environment, Closure<String> reasonToEnd,
                   Closure<Void> tell) {
        ProcessBuilder builder = new ProcessBuilder('setsid', 'sh', '-xe', '-c', script)
        builder.directory(folder).redirectErrorStream(true)
        builder.environment().putAll(environment)
        Process process = builder.start()
        process.outputStream.close()
        Thread reader = Thread.start { process.inputStream.eachLine { String line -> tell.call(line) } }
        String reason = null
        while (!process.waitFor(LOOK_EVERY_MS, TimeUnit.MILLISECONDS)) {
            if (reason == null && (reason = reasonToEnd.call()) != null) {
                new ProcessBuilder('kill', '-s', 'TERM', '--', "-${process.pid()}".toString()).start().waitFor()
            }
        }
        reader.join()
        if (reason != null) {
            throw new Interrupted("${script}: ${reason}".toString())
        }
        process.exitValue()
    }
}

/** Everything that happens in one build. */
class Build {
    static final List<String> SEVERITY = ['SUCCESS', 'UNSTABLE', 'FAILURE', 'ABORTED']

    final Map config
    final File workspace
    final Map<String, Object> params
    final Map<String, String> environment = [:]
    final Map tests = [total: 0, failed: 0]
    final List<String> archived = Collections.synchronizedList([])
    String result = 'SUCCESS'

    Build(Map config) {
        this.config = config
        this.workspace = new File(config.workspace as String)
        this.params = new LinkedHashMap(config.parameters as Map)
        environment.putAll(WORKSPACE: config.workspace, BUILD_NUMBER: '1', JENKINS_URL: 'http://127.0.0.1/')
    }

    synchronized void worsen(String to) {
        if (SEVERITY.indexOf(to) > SEVERITY.indexOf(result)) {
            result = to
        }
    }

    synchronized void say(String stage, Object line) {
        println "[${stage}] ${line}"
        System.out.flush()
    }

    List<File> files(String pattern) {
        String regex = pattern.replace('.', '\\.').replace('**', '\0').replace('*', '[^/]*').replace('\0', '.*')
        List<File> found = []
        if (workspace.directory) {
            workspace.eachFileRecurse { File file ->
                if (file.file && workspace.toURI().relativize(file.toURI()).path ==~ regex) {
                    found << file
                }
            }
        }
        found.sort()
    }
}

/** A block of which only what it declares may be said. */
abstract class Block {
    final Build build

    Block(Build build) { this.build = build }

    static <T extends Block> T read(Closure body, T block) {
        block.evaluate(body)
        block
    }

    Object evaluate(Closure body) {
        body.delegate = this
        body.resolveStrategy = Closure.DELEGATE_ONLY
        body.call()
    }

    def methodMissing(String name, arguments) {
        throw new Refused("${getClass().simpleName} knows no ${name}")
    }

    def propertyMissing(String name) {
        throw new Refused("${getClass().simpleName} knows no ${name}")
    }

    Map getParams() { build.params }
}

class PipelineOptions extends Block {
    final Map set = [:]

    PipelineOptions(Build build) { super(build) }

    void skipDefaultCheckout() { set.skipDefaultCheckout = true }
    void disableConcurrentBuilds() { set.disableConcurrentBuilds = true }
    void parallelsAlwaysFailFast() { set.parallelsAlwaysFailFast = true }
    void timestamps() { set.timestamps = true }
    void buildDiscarder(Map rotator) { set.buildDiscarder = rotator }
    Map logRotator(Map kept) { kept }
    void timeout(Map limit) { set.timeout_min = StageOptions.minutes(limit) }
}

class StageOptions extends Block {
    Integer timeout_min

    StageOptions(Build build) { super(build) }

    void timeout(Map limit) { timeout_min = minutes(limit) }

    static Integer minutes(Map limit) {
        if (limit.unit != 'MINUTES' || limit.keySet() != ['time', 'unit'] as Set) {
            throw new Refused("timeout ${limit}: only time and unit MINUTES")
        }
        limit.time as Integer
    }
}

class Parameters extends Block {
    final List<Map> declared = []

    Parameters(Build build) { super(build) }

    void booleanParam(Map given) { declare('boolean', given, given.defaultValue) }
    void choice(Map given) { declare('choice', given, given.choices[0]) }

    private void declare(String kind, Map given, Object value) {
        declared << [kind: kind, name: given.name, default: value]
        if (!build.params.containsKey(given.name)) {
            build.params[given.name] = value
        }
    }
}

class EnvironmentVariables extends Block {
    EnvironmentVariables(Build build) { super(build) }

    String credentials(String id) {
        if (!build.config.credentials.containsKey(id)) {
            throw new Refused("there are no credentials ${id}")
        }
        build.config.credentials[id]
    }

    void setProperty(String name, Object value) { build.environment[name] = value.toString() }
}

class When extends Block {
    final List<Closure<Boolean>> conditions = []
    final Stage stage

    When(Build build, Stage stage) {
        super(build)
        this.stage = stage
    }

    void expression(Closure body) {
        conditions << { Frame frame -> new Steps(build, stage, frame).evaluate(body) as Boolean }
    }

    void not(Closure body) {
        List<Closure<Boolean>> denied = Block.read(body, new When(build, stage)).conditions
        if (denied.size() != 1) {
            throw new Refused('not takes one condition')
        }
        conditions << { Frame frame -> !denied[0].call(frame) }
    }

    boolean holds(Frame frame) { conditions.every { it.call(frame) } }
}

class Steps extends Block {
    static final Set<String> SH_ARGUMENTS = ['script', 'returnStatus'] as Set

    final Stage stage
    final Frame frame

    Steps(Build build, Stage stage, Frame frame) {
        super(build)
        this.stage = stage
        this.frame = frame
    }

    String getScm() { build.config.repository }

    void checkout(String repository) {
        run("git clone --quiet '${repository}' '${build.workspace}'", build.workspace.parentFile)
    }

    void sh(String script) { run(script, build.workspace) }

    Integer sh(Map given) {
        if (!SH_ARGUMENTS.containsAll(given.keySet()) || !given.returnStatus) {
            throw new Refused("sh ${given}: only script and returnStatus")
        }
        execute(given.script as String, build.workspace)
    }

    void script(Closure body) { Block.read(body, this) }

    void junit(Map given) {
        List<File> reports = build.files(given.testResults as String)
        if (!reports && !given.allowEmptyResults) {
            throw new StepFailed("no test reports: ${given.testResults}")
        }
        reports.each { File report ->
            def parsed = new XmlSlurper().parse(report)
            def cases = parsed.depthFirst().findAll { it.name() == 'testcase' }
            build.tests.total += cases.size()
            build.tests.failed += cases.count { it.failure.size() || it.error.size() }
        }
        if (build.tests.failed) {
            build.worsen('UNSTABLE')
        }
    }

    void archiveArtifacts(Map given) {
        List<File> files = build.files(given.artifacts as String)
        if (!files && !given.allowEmptyArchive) {
            throw new StepFailed("no artefacts: ${given.artifacts}")
        }
        files.each { File file ->
            String path = build.workspace.toURI().relativize(file.toURI()).path
            File copy = new File(build.config.archive as String, path)
            copy.parentFile.mkdirs()
            copy.bytes = file.bytes
            build.archived << path
        }
    }

    private void run(String script, File folder) {
        int code = execute(script, folder)
        if (code != 0) {
            throw new StepFailed("${script}: exit code ${code}")
        }
    }

    private int execute(String script, File folder) {
        stage.commands << script
        Shell.run(script, folder, build.environment, { frame.reasonToEnd() }) { build.say(stage.name, it) }
    }
}

class Post extends Block {
    /** In which order Jenkins runs them. */
    static final List<String> ORDER = ['always', 'aborted', 'failure', 'success', 'unstable', 'unsuccessful', 'cleanup']

    final Map<String, Closure> parts = [:]

    Post(Build build) { super(build) }

    def methodMissing(String name, arguments) {
        if (!(name in ORDER)) {
            throw new Refused("post knows no ${name}")
        }
        parts[name] = arguments[0]
    }

    void run(Stage stage) {
        ORDER.findAll { parts[it] && applies(it) }.each { String name ->
            try {
                Block.read(parts[name], new Steps(build, stage, new Frame(null, null)))
            } catch (StepFailed | Interrupted failed) {
                build.say(stage.name, failed.message)
                build.worsen('FAILURE')
            }
        }
    }

    private boolean applies(String name) {
        switch (name) {
            case ['always', 'cleanup']: return true
            case 'unsuccessful': return build.result != 'SUCCESS'
            default: return build.result == name.toUpperCase()
        }
    }
}

class Stage extends Block {
    final String name
    final List<String> commands = Collections.synchronizedList([])
    final List<Stage> within = []
    String kind
    Closure body
    When condition
    Post post
    Integer timeout_min
    String result = 'NOT_BUILT'
    Long started_ms
    Long ended_ms

    Stage(Build build, String name) {
        super(build)
        this.name = name
    }

    void options(Closure body) { timeout_min = Block.read(body, new StageOptions(build)).timeout_min }
    void when(Closure body) { condition = Block.read(body, new When(build, this)) }
    void post(Closure body) { post = Block.read(body, new Post(build)) }

    void steps(Closure body) {
        become('steps')
        this.body = body
    }

    void stages(Closure body) {
        become('stages')
        within.addAll(Block.read(body, new Stages(build)).all)
    }

    void parallel(Closure body) {
        become('parallel')
        within.addAll(Block.read(body, new Stages(build)).all)
    }

    private void become(String kind) {
        if (this.kind) {
            throw new Refused("stage ${name} has ${this.kind} and ${kind}")
        }
        this.kind = kind
    }

    /** Refuses what Jenkins would; `branch`: whether it is within a parallel block. */
    void check(Set<String> names, boolean branch) {
        if (!kind) {
            throw new Refused("stage ${name} does nothing")
        }
        if (!names.add(name)) {
            throw new Refused("two stages are named ${name}")
        }
        if (branch && kind == 'parallel') {
            throw new Refused("stage ${name} is parallel within parallel")
        }
        within.each { it.check(names, branch || kind == 'parallel') }
    }

    void run(Frame above, boolean failFast) {
        Frame frame = new Frame(above, timeout_min)
        if (condition && !condition.holds(frame)) {
            result = 'SKIPPED'
            return
        }
        started_ms = System.currentTimeMillis()
        try {
            perform(frame, failFast)
            result = 'SUCCESS'
        } catch (StepFailed failed) {
            end('FAILURE', failed)
        } catch (Interrupted interrupted) {
            end('ABORTED', interrupted)
        } finally {
            ended_ms = System.currentTimeMillis()
            post?.run(this)
        }
    }

    private void end(String result, RuntimeException cause) {
        this.result = result
        build.say(name, cause.message)
        // A branch that was ended because of another does not decide how the build ended.
        build.worsen(cause instanceof Interrupted && build.result == 'FAILURE' ? 'FAILURE' : result)
        throw cause
    }

    private void perform(Frame frame, boolean failFast) {
        switch (kind) {
            case 'steps': Block.read(body, new Steps(build, this, frame)); break
            case 'stages': within.each { it.run(frame, failFast) }; break
            case 'parallel': runBranches(frame, failFast); break
        }
    }

    private void runBranches(Frame frame, boolean failFast) {
        def pool = Executors.newFixedThreadPool(within.size())
        List<RuntimeException> failures = Collections.synchronizedList([])
        within.collect { Stage branch ->
            pool.submit({
                try {
                    branch.run(frame, failFast)
                } catch (StepFailed | Interrupted failed) {
                    failures << failed
                    frame.given_up = frame.given_up || failFast
                }
            } as Runnable)
        }*.get()
        pool.shutdown()
        if (failures) {
            throw failures[0]
        }
    }

    Map report() {
        [name: name, kind: kind, result: result, timeout_min: timeout_min, commands: commands,
         started_ms: started_ms, ended_ms: ended_ms, within: within*.report()]
    }
}

class Stages extends Block {
    final List<Stage> all = []

    Stages(Build build) { super(build) }

    void stage(String name, Closure body) { all << Block.read(body, new Stage(build, name)) }
}

class Pipeline extends Block {
    final Stage root
    Map options = [:]
    List<Map> parameters = []
    String agent

    Pipeline(Build build) {
        super(build)
        root = new Stage(build, 'build')
    }

    String getAny() { 'any' }
    void agent(String which) { agent = which }
    void options(Closure body) { options = Block.read(body, new PipelineOptions(build)).set }
    void parameters(Closure body) { parameters = Block.read(body, new Parameters(build)).declared }
    void environment(Closure body) { Block.read(body, new EnvironmentVariables(build)) }
    void stages(Closure body) { root.stages(body) }
    void post(Closure body) { root.post(body) }

    void run() {
        if (!agent) {
            throw new Refused('pipeline has no agent')
        }
        root.check([] as Set, false)
        try {
            root.run(new Frame(null, options.timeout_min as Integer), options.parallelsAlwaysFailFast as boolean)
        } catch (StepFailed | Interrupted ended) {
            build.say('build', "ended: ${ended.message}")
        }
    }
}

def config = new JsonSlurper().parse(new File(args[0]))
def build = new Build(config)
def report = [:]
try {
    def binding = new Binding()
    Pipeline pipeline = null
    binding.setVariable('pipeline', { Closure body -> pipeline = Block.read(body, new Pipeline(build)) })
    new GroovyShell(getClass().classLoader, binding).evaluate(new File(config.jenkinsfile))
    pipeline.run()
    report = [result: build.result, options: pipeline.options, parameters: pipeline.parameters,
              stages: pipeline.root.within*.report(), tests: build.tests, archived: build.archived]
} catch (Refused refused) {
    report = [result: 'REFUSED', reason: refused.message]
}
new File(config.report).text = JsonOutput.prettyPrint(JsonOutput.toJson(report))
println "Finished: ${report.result}"
