import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.context.support.DefaultProfileValidationSupport;
import ca.uhn.fhir.validation.FhirValidator;
import ca.uhn.fhir.validation.SingleValidationMessage;
import java.nio.file.Files;
import java.nio.file.Path;
import org.hl7.fhir.common.hapi.validation.support.CommonCodeSystemsTerminologyService;
import org.hl7.fhir.common.hapi.validation.support.InMemoryTerminologyServerValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.ValidationSupportChain;
import org.hl7.fhir.common.hapi.validation.validator.FhirInstanceValidator;

/** Validates FHIR R4 files against the definitions of R4; prints a line for each message. */
public class Validate {
  public static void main(String[] files) throws Exception {
    FhirContext context = FhirContext.forR4();
    ValidationSupportChain chain =
        new ValidationSupportChain(
            new DefaultProfileValidationSupport(context),
            new InMemoryTerminologyServerValidationSupport(context),
            new CommonCodeSystemsTerminologyService(context));
    FhirValidator validator = context.newValidator();
    FhirInstanceValidator instances = new FhirInstanceValidator(chain);
    // profiles of other guides, such as BALP, are not here; tests/fhir/test_audit_events.py has them
    instances.setErrorForUnknownProfiles(false);
    validator.registerValidatorModule(instances);
    for (String file : files) {
      String text = Files.readString(Path.of(file));
      for (SingleValidationMessage said : validator.validateWithResult(text).getMessages()) {
        System.out.println(
            said.getSeverity() + "\t" + file + "\t" + said.getLocationString() + "\t"
                + said.getMessage().replaceAll("\\s+", " "));
      }
    }
  }
}
